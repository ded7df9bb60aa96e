import { expect, test } from '@jest/globals';
import { compilePattern, patternProblem } from '../src/path-pattern.ts';

test.each([
  '/api/v1/clients(?:/|$)',
  '/api/v1/auth/login$',
  '/api/v1/auth/\\.well-known/jwks\\.json$',
  '/api/v1/items/(?<id>[0-9]+)/events$',
  '/a/[^/]{1,3}/b+',
])('the regex %s means the same to Kong and to us', (pattern) => {
  expect(patternProblem(pattern)).toBeUndefined();
});

test.each([
  '/a(?=b)',
  '/a(?!b)',
  '/a(?<=b)',
  '/a(?<!b)',
  '/(a)\\1',
  '/(?<n>a)\\k<n>',
  '/\\d+',
  '/\\w',
  '/\\p{L}',
  '/(?i)a',
  '/[[:alpha:]]',
  '/[a&&b]',
  '/a++',
  '/a{,2}',
  '/a{',
  '/a.b',
  '/a|/b',
  '/a^b',
  '/(a',
  '/é',
  'a',
])('the regex %s is refused', (pattern) => {
  expect(patternProblem(pattern)).toEqual(expect.any(String));
});

test.each([
  ['/api/v1/clients(?:/|$)', '/api/v1/clients'],
  ['/auth/\\.well', '/auth/.well'],
  ['/ab?c', '/a'],
  ['/ab+c', '/ab'],
  ['/ab{0,2}', '/a'],
])('every match of %s starts with %s', (pattern, prefix) => {
  expect(compilePattern(pattern).prefix).toBe(prefix);
});
