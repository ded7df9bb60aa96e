import { expect, test } from '@jest/globals';
import { verdictOnAbuse } from './e2e/lib/abuse-verdict.ts';
import type { Answer } from './e2e/lib/http.ts';

const problem = {
  type: 'urn:roundhouse:problem:invalid',
  title: 'Invalid input',
  status: 422,
  detail: '/name: wrong',
  code: 'invalid',
  request_id: '7eb95272-d9bc-4e23-a67c-e69ec4722174',
  errors: [{ pointer: '/name', code: 'invalid_type', detail: 'wrong' }],
};
const answerOf = (changes: Partial<Answer>): Answer => ({
  status: 422,
  body: problem,
  headers: { 'content-type': 'application/problem+json', 'x-kong-upstream-latency': '1' },
  text: '',
  ...changes,
});
const abuse = { statuses: [400, 422], pointer: '/name' };
const expected = { declared: new Set([200, 400, 422]), oauth: false };
const verdictOn = (changes: Partial<Answer>, of = expected) =>
  verdictOnAbuse(abuse, answerOf(changes), of);
const bare = { 'content-type': 'application/json', 'x-kong-upstream-latency': '1' };

test('the declared refusal that names the field is no fault', () => {
  expect(verdictOn({})).toBeUndefined();
});

test.each<[string, Partial<Answer>, string]>([
  ['an abuse that was taken', { status: 200, body: {} }, 'answered 200'],
  ['a fault of ours', { status: 500 }, 'answered 500'],
  ['no answer at all', { status: 0, body: undefined }, 'answered 0'],
  ['a refusal that is no problem', { body: { oops: 1 } }, 'is no problem document'],
  ['a problem sent as plain JSON', { headers: bare }, 'is no problem document'],
  ['no field named', { body: { ...problem, errors: undefined } }, 'does not name /name'],
  [
    'another field named',
    { body: { ...problem, errors: [{ pointer: '/email' }] } },
    'does not name /name',
  ],
])('%s is seen', (_, changes, fault) => {
  expect(verdictOn(changes)).toContain(fault);
});

test('a status that the document does not have is seen', () => {
  expect(verdictOn({}, { ...expected, declared: new Set([200]) })).toBe('422 is undeclared');
});

test('the edge may answer in its own way what it never passed on, and a service may not', () => {
  const page = { status: 400, body: '<html>', headers: { 'content-type': 'text/html' } };
  expect(verdictOn(page)).toBeUndefined();
  expect(verdictOn({ ...page, headers: bare })).toContain('no problem document');
});

test('a token endpoint refuses in the words of OAuth', () => {
  const refusal = { status: 400, body: { error: 'invalid_request' }, headers: bare };
  expect(verdictOn(refusal, { ...expected, oauth: true })).toBeUndefined();
  expect(verdictOn(refusal)).toContain('no problem document');
});
