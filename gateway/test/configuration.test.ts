import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { type ConfigurationError, readConfiguration } from '../src/configuration.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const { publicKey: curveKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

function valid() {
  return {
    _format_version: '3.0',
    services: [
      {
        name: 'clients',
        url: 'http://clients:3000',
        routes: [{ name: 'clients', paths: ['/clients'] }],
        plugins: [{ name: 'rate-limiting', config: { minute: 5 } }],
      },
    ],
    consumers: [
      {
        username: 'roundhouse',
        jwt_secrets: [{ key: 'k1', algorithm: 'RS256', rsa_public_key: publicKey }],
      },
    ],
    plugins: [{ name: 'cors', config: { origins: ['http://localhost:3012'] } }],
  };
}

/** The problems of the valid file with one value set at a path such as `services.0.url`. */
function problemsWith(path: string, value: unknown): readonly string[] {
  const document = valid();
  const keys = path.split('.');
  const last = keys.pop() as string;
  // biome-ignore lint/suspicious/noExplicitAny: the test reaches anywhere on purpose.
  const parent = keys.reduce((node: any, key) => node[key], document);
  parent[last] = value;
  return problems(stringify(document));
}

function problems(text: string): readonly string[] {
  try {
    readConfiguration(text);
  } catch (error) {
    return (error as ConfigurationError).problems;
  }
  return [];
}

const route = { name: 'other', paths: ['/clients'] };
const service = { name: 'other', url: 'http://other', routes: [{ name: 'other', paths: ['/o'] }] };

test('a file with what is implemented is taken', () => {
  expect(problems(stringify(valid()))).toEqual([]);
});

test.each([
  // What is not implemented, at every level.
  ['services.0.routes.0.snis', ['a'], 'services[0].routes[0].snis is not supported'],
  ['services.0.routes.0.preserve_host', true, 'services[0].routes[0].preserve_host is not'],
  ['services.0.routes.0.path_handling', 'v1', 'services[0].routes[0].path_handling is not'],
  ['services.0.enabled', true, 'services[0].enabled is not supported'],
  ['services.0.plugins.0.enabled', true, 'services[0].plugins[0].enabled is not supported'],
  ['services.0.plugins.0.config.day', 9, 'services[0].plugins[0].config.day is not supported'],
  ['services.0.plugins.0.config.redis', {}, 'services[0].plugins[0].config.redis.host'],
  ['services.0.plugins.0.config.policy', 'redis', 'services[0].plugins[0].config: needs redis'],
  ['services.0.plugins.0.config.policy', 'cluster', 'services[0].plugins[0].config.policy'],
  ['services.0.plugins.0.config.sync_rate', 5, 'services[0].plugins[0].config.sync_rate'],
  ['plugins.0.name', 'acl', 'plugins[0].name: "acl" is not supported'],
  ['services.0.tags', ['a,b'], 'services[0].tags[0]: has , or /'],
  ['services.0.tags', ['a', 'a'], 'services[0].tags: names a tag twice'],
  ['consumers.0.acls', [], 'consumers[0].acls is not supported'],
  ['routes', [route], 'routes is not supported'],
  ['upstreams', [], 'upstreams is not supported'],
  ['vaults', [], 'vaults is not supported'],
  ['_format_version', '2.1', '_format_version'],
  ['_format_version', 3, '_format_version'],
  // What Kong takes and we do not.
  ['services.0.routes', [], 'services[0].routes'],
  ['services.0.routes.0.name', undefined, 'services[0].routes[0].name'],
  ['services.0.routes.1', route, 'services[0].routes[1].paths[0]: already declared by'],
  ['services.0.routes.0.paths.0', '/clients/', 'must not end with a slash'],
  ['services.0.routes.0.paths.0', '~/a(?=b)', 'services[0].routes[0].paths[0]'],
  ['consumers.0.jwt_secrets.0.rsa_public_key', privateKey, 'must be a PEM public key'],
  ['consumers.0.jwt_secrets.0.rsa_public_key', curveKey, 'must be an RSA key'],
  ['services.0.plugins.0', { name: 'jwt', config: { key_claim_name: 'kid' } }, 'claims_to_verify'],
  // What Kong refuses too.
  ['services.0.routes.0.paths.0', 'clients', 'must start with / or ~/'],
  ['services.0.routes.0.paths.0', '/a/../b', 'must be normalised'],
  ['services.0.routes.0.paths.0', '~/(a', 'services[0].routes[0].paths[0]'],
  ['services.0.plugins.0.config.minute', '5', 'services[0].plugins[0].config.minute'],
  ['services.0.plugins.0.config', {}, 'needs second, minute or hour'],
  ['services.0.plugins.0.config', { second: 9, minute: 5 }, 'a longer period may not'],
  ['services.0.plugins.0.config', { minute: 5, limit_by: 'header' }, 'needs header_name'],
  ['plugins.0.config.max_age', '1h', 'plugins[0].config.max_age'],
  ['plugins.0.config.origins', ['*'], 'plugins[0].config.origins[0]'],
  ['services.1', { ...service, name: 'clients' }, 'services[1].name: already declared by'],
  ['plugins.1', valid().plugins[0], 'plugins[1]: already declared by plugins[0]'],
  ['services.0.url', 'https://clients', 'services[0].url'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Kong expands nothing, that is the point.
  ['services.0.url', 'http://${HOST}:3000', 'services[0].url: ${…} is never expanded'],
  ['consumers.0.jwt_secrets.0.rsa_public_key', '{vault://env/key}', 'is never expanded'],
  ['consumers.0.jwt_secrets.0.rsa_public_key', 'garbled', 'must be a PEM public key'],
  ['consumers.0.jwt_secrets.0.algorithm', 'HS256', 'consumers[0].jwt_secrets[0].algorithm'],
])('%s: %j is refused by name', (path, value, problem) => {
  expect(problemsWith(path, value).join('\n')).toContain(problem);
});

test('everything that is wrong is named at once', () => {
  const text = stringify({ ...valid(), upstreams: [], vaults: [] });
  expect(problems(text)).toHaveLength(2);
});

test('two credentials with one key are refused', () => {
  const [secret] = valid().consumers[0]?.jwt_secrets ?? [];
  const found = problemsWith('consumers.0.jwt_secrets.1', secret);
  expect(found.join()).toContain('consumers[0].jwt_secrets[1].key: already declared');
});

test('scalars are those of YAML 1.1, as Kong reads them', () => {
  const text = stringify(valid()).replace('minute: 5', 'minute: 0x10');
  const { services } = readConfiguration(text);
  expect(services[0]?.plugins[0]?.config).toMatchObject({ minute: 16 });
  expect(
    problems(stringify(valid()).replace('_format_version: "3.0"', '_format_version: 3.0')),
  ).toHaveLength(1);
});

test('a key that is given twice is refused', () => {
  expect(problems(`${stringify(valid())}plugins: []\n`).join()).toMatch(/unique/);
});
