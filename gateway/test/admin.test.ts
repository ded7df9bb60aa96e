import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { claimPort } from '../conformance/ports.ts';
import { createGateway, type Gateway } from '../src/gateway.ts';
import { recordingLogger } from './support.ts';

const HOST = '127.0.0.1';
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
const SECRETS = ['hunter2', 'BEGIN PUBLIC KEY', 'PRIVATE KEY'];

const LIMIT = {
  name: 'rate-limiting',
  config: { minute: 5, policy: 'redis', redis: { host: 'redis', password: 'hunter2' } },
};
const config = (services = 3) =>
  stringify({
    _format_version: '3.0',
    services: Array.from({ length: services }, (_, i) => ({
      name: `s${i}`,
      url: `http://s${i}:3000/base`,
      tags: i === 0 ? ['first', 'all'] : ['all'],
      routes: [{ name: `r${i}`, paths: [`/s${i}`], plugins: [LIMIT] }],
      plugins: [
        { name: 'jwt', config: { key_claim_name: 'kid', claims_to_verify: ['exp', 'nbf'] } },
      ],
    })),
    consumers: [
      {
        username: 'roundhouse',
        jwt_secrets: [{ key: 'k1', algorithm: 'RS256', rsa_public_key: pem }],
      },
    ],
    plugins: [{ name: 'cors', config: { origins: ['http://localhost:3012'] } }],
  });

let gateway: Gateway;
let base: string;
let door: string;
beforeAll(async () => {
  const { logger } = recordingLogger();
  gateway = createGateway({ config: config(), upstreams: new Map(), logger });
  base = `http://${HOST}:${await claimPort((port) => gateway.listenAdmin(port))}`;
  door = `http://${HOST}:${await claimPort((port) => gateway.listen(port, HOST))}`;
});
afterAll(() => gateway.close());

async function ask(path: string, method = 'GET') {
  const response = await fetch(`${base}${path}`, { method });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), text };
}

const names = async (path: string): Promise<string[]> =>
  (await ask(path)).body.data.map(({ name }: { name: string }) => name).sort();

describe('reading', () => {
  test('a service is shown with its defaults and the id that Kong derives', async () => {
    const { status, body } = await ask('/services/s0');
    expect(status).toBe(200);
    expect(body).toEqual({
      id: 'a9701b22-2b78-5ad6-9b8b-fd2fbc886cbc',
      name: 's0',
      created_at: expect.any(Number),
      updated_at: body.created_at,
      retries: 5,
      protocol: 'http',
      host: 's0',
      port: 3000,
      path: '/base',
      connect_timeout: 60_000,
      write_timeout: 60_000,
      read_timeout: 60_000,
      enabled: true,
      tags: ['first', 'all'],
      client_certificate: null,
      tls_verify: null,
      tls_verify_depth: null,
      ca_certificates: null,
    });
    expect(await ask(`/services/${body.id}`)).toEqual(await ask('/services/s0'));
  });

  test('a route names its service, and is found by name and by id', async () => {
    const { body } = await ask('/routes/r1');
    expect(body).toMatchObject({
      name: 'r1',
      protocols: ['http', 'https'],
      paths: ['/s1'],
      methods: null,
      strip_path: true,
      preserve_host: false,
      path_handling: 'v0',
      regex_priority: 0,
      request_buffering: true,
      response_buffering: true,
      https_redirect_status_code: 426,
      service: { id: (await ask('/services/s1')).body.id },
    });
    expect(body).not.toHaveProperty('plugins');
    expect((await ask(`/routes/${body.id}`)).body).toEqual(body);
  });

  test('lists have the form of Kong, in the order of their ids', async () => {
    const { body } = await ask('/services');
    expect(body).toEqual({ data: expect.any(Array), next: null });
    const ids = body.data.map(({ id }: { id: string }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(await names('/services')).toEqual(['s0', 's1', 's2']);
    expect(await names('/services/s1/routes')).toEqual(['r1']);
    expect(await names('/services/s1/plugins')).toEqual(['jwt']);
    expect(await names('/routes/r1/plugins')).toEqual(['rate-limiting']);
    expect(await names('/plugins')).toEqual([
      'cors',
      'jwt',
      'jwt',
      'jwt',
      'rate-limiting',
      'rate-limiting',
      'rate-limiting',
    ]);
  });

  test('a plugin says where it stands, and its config is whole', async () => {
    const { body } = await ask('/routes/r0/plugins');
    const [limit] = body.data;
    expect(limit).toMatchObject({
      route: { id: (await ask('/routes/r0')).body.id },
      service: null,
      consumer: null,
      enabled: true,
      config: { minute: 5, hour: null, policy: 'redis', sync_rate: -1, fault_tolerant: true },
    });
    expect((await ask(`/plugins/${limit.id}`)).body).toEqual(limit);
  });

  test('no secret is shown, on no page', async () => {
    const paths = ['/', '/status', '/services', '/routes', '/plugins', '/consumers'];
    for (const path of [...paths, '/consumers/roundhouse', '/metrics']) {
      const text = await (await fetch(base + path)).text();
      expect(text.length).toBeGreaterThan(10);
      for (const secret of SECRETS) expect(text).not.toContain(secret);
    }
    expect((await ask('/consumers/roundhouse/jwt')).status).toBe(404);
  });

  test('the root names version and plugins, and the status what goes on', async () => {
    const root = (await ask('/')).body;
    expect(root).toMatchObject({ version: '3.9.3', configuration: { database: 'off' } });
    expect(root.plugins.enabled_in_cluster.sort()).toEqual(['cors', 'jwt', 'rate-limiting']);
    expect(root.plugins.available_on_server.cors).toEqual({ version: '3.9.3', priority: 2000 });
    const before = (await ask('/status')).body.server.total_requests;
    await fetch(`${door}/nowhere`);
    const { server, configuration_hash } = (await ask('/status')).body;
    expect(server.total_requests).toBe(before + 1);
    expect(server.connections_active).toBe(server.connections_waiting);
    expect(configuration_hash).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('pages', () => {
  test('page after page gives every entity once', async () => {
    const seen: string[] = [];
    let path: string | null = '/plugins?size=3';
    let pages = 0;
    while (path !== null) {
      const { body }: { body: { data: { id: string }[]; next: string | null } } = await ask(path);
      seen.push(...body.data.map(({ id }) => id));
      pages += 1;
      path = body.next;
    }
    expect(pages).toBe(3);
    expect(new Set(seen).size).toBe(7);
    expect(seen).toHaveLength(7);
  });

  test('tags: all of them with a comma, one of them with a slash', async () => {
    expect(await names('/services?tags=first,all')).toEqual(['s0']);
    expect(await names('/services?tags=first/all')).toEqual(['s0', 's1', 's2']);
    expect(await names('/services?tags=other')).toEqual([]);
  });

  test.each([
    ['size=0', 9, 'size must be an integer between 1 and 1000'],
    ['size=1001', 9, 'size must be an integer between 1 and 1000'],
    ['size=many', 9, 'size must be a number'],
    ['offset=!', 7, "'!' is not a valid offset: bad base64 encoding"],
  ])('%s is refused with code %i', async (query, code, message) => {
    const { status, body } = await ask(`/services?${query}`);
    expect([status, body]).toMatchObject([400, { code, message }]);
  });
});

describe('refusals', () => {
  test.each([
    ['POST', '/services', 'cannot create'],
    ['POST', '/services/s0/routes', 'cannot create'],
    ['PATCH', '/services/s0', 'cannot update'],
    ['PUT', '/services/s0', 'cannot create or update'],
    ['PUT', '/services/unknown', 'cannot create or update'],
    ['DELETE', '/services/s0', 'cannot remove'],
  ])('%s %s: %s … when not using a database', async (method, path, text) => {
    const collection = path.endsWith('/routes') ? 'routes' : 'services';
    expect(await ask(path, method)).toMatchObject({
      status: 405,
      body: {
        code: 12,
        name: 'operation unsupported',
        message: `${text} '${collection}' entities when not using a database`,
      },
    });
  });

  test.each([
    ['PUT', '/services', 405, 'Method not allowed'],
    ['POST', '/status', 405, 'Method not allowed'],
    ['POST', '/', 405, 'Method not allowed'],
    ['GET', '/nowhere', 404, 'Not found'],
    ['GET', '/services/unknown', 404, 'Not found'],
    ['GET', '/services/unknown/routes', 404, 'Not found'],
    ['GET', '/services/s0/consumers', 404, 'Not found'],
    ['GET', '/config', 404, 'Not found'],
    ['POST', '/config', 404, 'Not found'],
    ['GET', '/services/%zz', 400, 'Bad request'],
    ['GET', '/constructor', 404, 'Not found'],
    ['GET', '/services/__proto__', 404, 'Not found'],
  ])('%s %s answers %i', async (method, path, status, message) => {
    expect(await ask(path, method)).toMatchObject({ status, body: { message } });
  });

  test('removing what is not there is done already', async () => {
    expect((await ask('/services/unknown', 'DELETE')).status).toBe(204);
  });

  test('nothing of it is reached through the gateway', async () => {
    for (const path of ['/services', '/status', '/metrics', '/plugins']) {
      expect((await fetch(door + path)).status).toBe(404);
    }
  });
});

test('a reload shows: other entities, another hash', async () => {
  const before = (await ask('/status')).body.configuration_hash;
  gateway.reload(config(2));
  expect((await ask('/status')).body.configuration_hash).not.toBe(before);
  expect(await names('/services')).toEqual(['s0', 's1']);
  gateway.reload(config());
  expect((await ask('/status')).body.configuration_hash).toBe(before);
});
