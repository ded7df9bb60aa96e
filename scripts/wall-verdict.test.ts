import { describe, expect, test } from '@jest/globals';
import { verdictOnForeign, verdictOnOwn } from './e2e/lib/wall-verdict.ts';

const theirs = '019a6f5e-0000-7000-8000-000000000001';
const ids = [theirs];

describe('the walk over the wall sees', () => {
  test.each([
    ['a row that was given out', { status: 200, body: { id: theirs } }, 'answered 200'],
    ['a change that was taken', { status: 202, body: {} }, 'answered 202'],
    ['a refusal that tells that it exists', { status: 409, body: {} }, 'answered 409'],
    ['a fault', { status: 500, body: {} }, 'answered 500'],
    ['a refusal that names it', { status: 404, body: { detail: theirs } }, 'names a row'],
  ])('%s', (_, answer, fault) => {
    expect(verdictOnForeign(answer, ids)).toContain(fault);
  });

  test.each([
    ['a list with a foreign row', { status: 200, body: { data: [{ id: theirs }] } }, 'names a row'],
    ['a fault', { status: 503, body: {} }, 'answered 503'],
    ['no answer at all', { status: 0, body: undefined }, 'answered 0'],
  ])('%s where one asks for his own', (_, answer, fault) => {
    expect(verdictOnOwn(answer, ids)).toContain(fault);
  });

  test('nothing wrong in a plain 404 and in a list of one’s own', () => {
    expect(verdictOnForeign({ status: 404, body: { code: 'not_found' } }, ids)).toBeUndefined();
    expect(verdictOnOwn({ status: 200, body: { data: [{ id: 'mine' }] } }, ids)).toBeUndefined();
  });
});
