import { expect, test } from '@jest/globals';
import type { Route, Service } from '../src/configuration-schema.ts';
import { entityId } from '../src/entity-id.ts';
import { createRouter } from '../src/router.ts';

function route(paths: string[], more: Partial<Route> = {}): Route {
  const buffering = { request_buffering: true, response_buffering: true };
  const defaults = { strip_path: true, regex_priority: 0, plugins: [], ...buffering };
  return { name: paths.join(' '), paths, ...defaults, ...more };
}

/** Which of the routes gets a request, by name. */
function winner(routes: Route[], method: string, path: string): string | undefined {
  const service = { routes } as Service;
  return createRouter([service], (_service, { name }) => name)(method, path)?.target;
}

test('the longer of two prefixes wins, wherever it stands in the file', () => {
  const routes = [route(['/api']), route(['/api/v1/auth']), route(['/api/v1'])];
  expect(winner(routes, 'GET', '/api/v1/auth/me')).toBe('/api/v1/auth');
  expect(winner(routes.toReversed(), 'GET', '/api/v1/auth/me')).toBe('/api/v1/auth');
});

test('a regex wins over the longest prefix', () => {
  expect(winner([route(['/api/v1/items']), route(['~/api'])], 'GET', '/api/v1/items')).toBe(
    '~/api',
  );
});

test('of two regexes the higher priority wins', () => {
  const routes = [
    route(['~/api/v1/auth(?:/|$)'], { regex_priority: 0 }),
    route(['~/api/v1/auth/login$'], { regex_priority: 10 }),
  ];
  expect(winner(routes, 'POST', '/api/v1/auth/login')).toBe('~/api/v1/auth/login$');
  expect(winner(routes, 'POST', '/api/v1/auth/login/')).toBe('~/api/v1/auth(?:/|$)');
});

test('a route that also asks for the method wins over a longer path', () => {
  const routes = [route(['/v1/users']), route(['/'], { methods: ['GET'] })];
  expect(winner(routes, 'GET', '/v1/users')).toBe('/');
  expect(winner(routes, 'POST', '/v1/users')).toBe('/v1/users');
});

test('each path of a route has its own rank', () => {
  const routes = [route(['/a', '/a/b/c']), route(['/a/b'])];
  expect(winner(routes, 'GET', '/a/b')).toBe('/a/b');
  expect(winner(routes, 'GET', '/a/b/c')).toBe('/a /a/b/c');
});

test('of equals the larger id wins, as in Kong', () => {
  const routes = ['one', 'two', 'three'].map((name) => route(['~/same'], { name }));
  const last = ['one', 'two', 'three'].toSorted((a, b) =>
    entityId('routes', a) < entityId('routes', b) ? 1 : -1,
  )[0];
  expect(winner(routes, 'GET', '/same')).toBe(last);
});

test('a prefix has no segment boundary and a regex can have one', () => {
  expect(winner([route(['/api/v1/auth'])], 'GET', '/api/v1/authority')).toBe('/api/v1/auth');
  expect(winner([route(['~/api/v1/auth(?:/|$)'])], 'GET', '/api/v1/authority')).toBeUndefined();
});

test('paths are case sensitive and anchored at their start', () => {
  expect(winner([route(['/api'])], 'GET', '/API')).toBeUndefined();
  expect(winner([route(['~/api'])], 'GET', '/x/api')).toBeUndefined();
});

test('the id of a consumer is the one that Kong gave it', () => {
  expect(entityId('consumers', 'edge')).toBe('dcb3c269-95b9-5f96-97d1-1ab2506e7f4e');
});
