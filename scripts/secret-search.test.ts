import { expect, test } from '@jest/globals';
import { search } from './e2e/lib/secret-search.ts';

const CANARY = 'canary-"a/b&c<d+e %f=é';
const found = (line: string, canary = CANARY) =>
  search([{ name: 'auth.log', text: `first\n${line}\nlast` }], new Map([['the password', canary]]));
const twice = JSON.stringify(JSON.stringify(CANARY));

test.each([
  ['as it stands', CANARY],
  ['in capitals', CANARY.toUpperCase()],
  ['in JSON', JSON.stringify({ password: CANARY })],
  ['in JSON within JSON', `{"body":${twice}}`],
  ['in a path', `/links/${encodeURIComponent(CANARY)}/pay`],
  ['in a form', `${new URLSearchParams({ password: CANARY })}`],
  ['in a header of Basic', Buffer.from(`client:${CANARY}`).toString('base64')],
  ['in the middle of base64', Buffer.from(`ab${CANARY}cd`).toString('base64')],
  ['in a JWT', Buffer.from(`{"x":"${CANARY}"}`).toString('base64url')],
  ['as hexadecimal', Buffer.from(CANARY).toString('hex')],
  [
    'as code points',
    [...CANARY].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  ],
])('a planted leak is found %s', (_, leak) => {
  expect(found(`{"event":"x","cause":"before ${leak} after"}`)).toEqual([
    'auth.log:2: the password',
  ]);
});

test('a short one is found as a word of its own, and not in every number', () => {
  expect(found('{"code":"271828"}', '271828')).toHaveLength(1);
  expect(found('code=271828 is wrong', '271828')).toHaveLength(1);
  expect(found('{"time":"2026-11-21T12:00:00.271828Z"}', '271828')).toEqual([]);
  expect(found('019a6f5e-0000-7000-8000-000271828002', '271828')).toEqual([]);
});

test('what is not there is not found', () => {
  expect(found('{"event":"request_answered","status":401}')).toEqual([]);
});
