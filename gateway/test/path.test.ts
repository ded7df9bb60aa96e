import { expect, test } from '@jest/globals';
import { escapePath, normalizePath, upstreamPath } from '../src/path.ts';

test.each([
  ['/api/v1/clients', '/api/v1/clients'],
  ['/', '/'],
  ['/a//b', '/a/b'],
  ['//a', '/a'],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/b/..', '/a/'],
  ['/a/.', '/a/'],
  ['/a/%2e%2E/b', '/b'],
  ['/a..b/...', '/a..b/...'],
  ['/c%41t', '/cAt'],
  ['/x%2fy', '/x%2Fy'],
  ['/..%2fauth', '/..%2Fauth'],
  ['/a%252Fb', '/a%252Fb'],
  ['/%7Euser', '/~user'],
  ['/.well-known/jwks.json', '/.well-known/jwks.json'],
])('the path %s is routed as %s', (written, routed) => {
  expect(normalizePath(written)).toBe(routed);
});

test.each(['/../a', '/a/../../b', '/%2e%2e', '/a%zz', '/a%4', '/a%', '/a%00b', 'a', '*', ''])(
  'the path %j is no path at all',
  (written) => {
    expect(normalizePath(written)).toBeUndefined();
  },
);

test('what was decoded for routing is encoded again for the service', () => {
  const routed = normalizePath('/caf%C3%A9/%20/%22%7B%25') as string;
  expect(escapePath(routed)).toBe('/caf%C3%A9/%20/%22%7B%25');
});

test.each([
  // The service's path, the route's, the request, and what the service is asked for.
  ['/', '/route', '/route', '/'],
  ['/', '/route', '/routereq', '/req'],
  ['/srv', '/rou', '/roureq', '/srv/req'],
  ['/srv/', '/rou', '/rou', '/srv'],
  ['/srv/', '/rou', '/rou/', '/srv/'],
  ['/service', '/', '/', '/service'],
  ['/service', '/route', '/route/', '/service/'],
  ['/service/', '/route/', '/route/req', '/service/req'],
  ['/service', '/route', '/route../req', '/service/req'],
  ['/base', '/r', '/r..', '/base'],
  ['/base', '/r', '/r./x', '/base/x'],
  ['/login', '/api/v1/auth/login', '/api/v1/auth/login', '/login'],
  ['/', '/api/v1/clients/', '/api/v1/clients/7/pets', '/7/pets'],
])('%s behind %s: %s asks the service for %s', (base, matched, path, expected) => {
  expect(upstreamPath(base, path, matched)).toBe(expected);
});

test.each([
  ['/', '/route/', '/route/'],
  ['/srv', '/roureq', '/srv/roureq'],
  ['/srv/', '/roureq', '/srv/roureq'],
  ['/service', '/', '/service'],
])('%s without stripping: %s asks the service for %s', (base, path, expected) => {
  expect(upstreamPath(base, path, undefined)).toBe(expected);
});
