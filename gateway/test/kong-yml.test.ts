import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { showEntities } from '../src/admin-entities.ts';
import { readConfiguration } from '../src/configuration.ts';
import type { Configuration } from '../src/configuration-schema.ts';
import { normalizePath, upstreamPath } from '../src/path.ts';
import { createRouter } from '../src/router.ts';

const text = readFileSync(new URL('../../kong.yml', import.meta.url), 'utf8');
const configuration = readConfiguration(text);
const { services, plugins, consumers } = configuration;
const route = createRouter(services, (service) => service);

/** Who is asked for what, and whether a token is needed; undefined when nobody is. */
function way(path: string): string | undefined {
  const normal = normalizePath(path) as string;
  const match = route('GET', normal);
  if (match === undefined) return undefined;
  const { url, plugins: own } = match.target;
  const guard = own.some(({ name }) => name === 'jwt') ? 'token' : 'public';
  return `${guard} ${url.host}:${url.port}${upstreamPath(url.path, normal, match.matched)}`;
}

test.each([
  ['/api/v1/clients', 'token clients:3000/'],
  ['/api/v1/clients/', 'token clients:3000/'],
  ['/api/v1/clients/7/pets', 'token clients:3000/7/pets'],
  ['/api/v1/clients/health', 'public clients:3000/health'],
  ['/api/v1/clients/health/ready', 'token clients:3000/health/ready'],
  ['/api/v1/auth/signup', 'public auth:3000/signup'],
  ['/api/v1/auth/login', 'public auth:3000/login'],
  ['/api/v1/auth/refresh', 'public auth:3000/refresh'],
  ['/api/v1/auth/.well-known/jwks.json', 'public auth:3000/.well-known/jwks.json'],
  ['/api/v1/auth/health', 'public auth:3000/health'],
  ['/api/v1/auth/me', 'token auth:3000/me'],
  ['/api/v1/auth/login/x', 'token auth:3000/login/x'],
  ['/api/v1/auth/loginx', 'token auth:3000/loginx'],
  ['/api/v1/auth/login/../me', 'token auth:3000/me'],
  ['/api/v1/auth/%6Cogin', 'public auth:3000/login'],
  ['/api/v1/clients/metrics', 'token clients:3000/metrics'],
])('%s leads to %s', (path, expected) => {
  expect(way(path)).toBe(expected);
});

test.each(['/api/v1/clientsX', '/api/v1/authority', '/api/v1', '/', '/metrics', '/health'])(
  '%s leads nowhere',
  (path) => {
    expect(way(path)).toBeUndefined();
  },
);

test('every way in has a limit, and every request an id, a size and an origin', () => {
  const unlimited = services.filter(
    (service) => !service.plugins.some(({ name }) => name === 'rate-limiting'),
  );
  expect(unlimited).toEqual([]);
  expect(plugins.map(({ name }) => name)).toEqual([
    'correlation-id',
    'cors',
    'request-size-limiting',
    'prometheus',
  ]);
});

test('every id is made of names: the order of the file changes none', () => {
  const idsOf = (configuration: Configuration) =>
    Object.values(showEntities(configuration, 0)).flatMap((all) => all.map(({ id }) => id));
  const ids = idsOf(configuration);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(services.length * 3);
  const turned = {
    ...configuration,
    services: services.toReversed().map((one) => ({ ...one, plugins: one.plugins.toReversed() })),
    plugins: plugins.toReversed(),
  };
  expect(idsOf(turned)).toEqual(ids);
});

test('keys are rendered in at start and never stored', () => {
  expect(consumers).toEqual([{ username: 'roundhouse', jwt_secrets: [] }]);
});
