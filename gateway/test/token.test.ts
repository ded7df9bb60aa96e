import { expect, test } from '@jest/globals';
import { claimProblems, decodeToken, keyId } from '../src/token.ts';

const NOW = 1_800_000_000;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (header: unknown, claims: unknown) => `${encode(header)}.${encode(claims)}.c2ln`;

test('a token is over in the second that its exp names', () => {
  expect(claimProblems({ exp: NOW + 1 }, ['exp'], NOW)).toBeUndefined();
  expect(claimProblems({ exp: NOW }, ['exp'], NOW)).toEqual({ exp: 'token expired' });
});

test('a token is valid from the second that its nbf names', () => {
  expect(claimProblems({ nbf: NOW }, ['nbf'], NOW)).toBeUndefined();
  expect(claimProblems({ nbf: NOW + 1 }, ['nbf'], NOW)).toEqual({ nbf: 'token not valid yet' });
});

test('a claim that is missing or no number is refused, both at once', () => {
  const both = { exp: 'must be a number', nbf: 'must be a number' };
  expect(claimProblems({ exp: '1800000001' }, ['exp', 'nbf'], NOW)).toEqual(both);
  expect(claimProblems([], ['exp', 'nbf'], NOW)).toEqual(both);
  expect(claimProblems('text', ['exp', 'nbf'], NOW)).toEqual(both);
});

test('only what is configured is verified', () => {
  expect(claimProblems({ exp: NOW + 1, nbf: NOW + 9 }, ['exp'], NOW)).toBeUndefined();
});

test.each([
  ['', 'invalid JSON'],
  ['a.b.c', 'invalid JSON'],
  ['opaque', 'invalid JSON'],
  [`${encode({ alg: 'RS256' })}.${encode({})}`, 'invalid signature'],
  [`${token({ alg: 'RS256' }, {})} more`, 'invalid signature'],
  [`${token({ alg: 'RS256' }, {})}.x.y`, 'invalid signature'],
  [token({ alg: 'none' }, {}), 'invalid alg'],
  [token({ alg: 'nOnE' }, {}), 'invalid alg'],
  [token({}, {}), 'invalid alg'],
  [token({ alg: 7 }, {}), 'invalid alg'],
  [token(null, {}), 'invalid alg'],
  [token(7, {}), 'invalid alg'],
  [token('RS256', {}), 'invalid alg'],
  [token({ alg: 'RS256' }, null), 'invalid claims'],
  [token({ alg: 'RS256' }, 7), 'invalid claims'],
  [token({ alg: 'RS256' }, true), 'invalid claims'],
  [token({ alg: 'RS256', crit: ['exp'] }, {}), 'invalid crit'],
  [token({ alg: 'RS256', crit: null }, {}), 'invalid crit'],
  [`${encode({ alg: 'RS256' })}!.${encode({})}.c2ln`, 'invalid JSON'],
])('the token %s is broken: %s', (text, problem) => {
  expect(decodeToken(text)).toBe(problem);
});

test('the key is named by the payload before the header', () => {
  const named = (header: object, claims: unknown) => {
    const decoded = decodeToken(token({ alg: 'RS256', ...header }, claims));
    return typeof decoded === 'string' ? decoded : keyId(decoded);
  };
  expect(named({ kid: 'a' }, {})).toBe('a');
  expect(named({ kid: 'a' }, { kid: 'b' })).toBe('b');
  expect(named({}, { kid: 'b' })).toBe('b');
  expect(named({}, {})).toBeUndefined();
  expect(named({ kid: 7 }, {})).toBe('');
  expect(named({ kid: 'a' }, { kid: ['a'] })).toBe('');
});
