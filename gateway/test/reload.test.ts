import { generateKeyPairSync, sign } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { claimPort } from '../conformance/ports.ts';
import { ConfigurationError } from '../src/configuration.ts';
import { createGateway, type Gateway } from '../src/gateway.ts';
import { Cleanup, eventually, oneService, recordingLogger, startService } from './support.ts';

const HOST = '127.0.0.1';
const NOW = Date.UTC(2027, 0, 15, 12);
const cleanup = new Cleanup();

afterEach(() => cleanup.run());

/** A gateway before two services that say who they are. */
async function house(config: string): Promise<{ gateway: Gateway; url: string }> {
  const upstreams = new Map<string, string[]>();
  for (const name of ['service', 'other']) {
    const port = await startService(cleanup, (_, response) => response.end(name));
    upstreams.set(`${name}:3000`, [`${HOST}:${port}`]);
  }
  return serve(config, upstreams);
}

async function serve(config: string, upstreams: Map<string, string[]>) {
  const { logger } = recordingLogger();
  const gateway = createGateway({ config, upstreams, logger, clock: () => NOW });
  cleanup.add(() => gateway.close());
  const port = await claimPort((free) => gateway.listen(free, HOST));
  return { gateway, url: `http://${HOST}:${port}` };
}

async function answer(url: string, init?: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  return `${response.status} ${await response.text()}`;
}

const OTHER = { url: 'http://other:3000' };
const limited = (minute: number, name = 'service') =>
  oneService({ name, plugins: [{ name: 'rate-limiting', config: { minute } }] });

test('a new request goes by the new file', async () => {
  const { gateway, url } = await house(oneService());
  expect(await answer(`${url}/s`)).toBe('200 service');
  gateway.reload(oneService(OTHER));
  expect(await answer(`${url}/s`)).toBe('200 other');
});

test('a bad file is refused with its faults, and the one before stays in force', async () => {
  const { gateway, url } = await house(oneService());
  const bad = [
    ['vaults is not supported', oneService(OTHER, { vaults: [] })],
    ['_format_version', oneService(OTHER, { _format_version: '2.1' })],
    ['Nested mappings', 'services: a: b'],
  ] as const;
  for (const [fault, file] of bad) {
    expect(() => gateway.reload(file)).toThrow(ConfigurationError);
    expect(() => gateway.reload(file)).toThrow(fault);
  }
  expect(await answer(`${url}/s`)).toBe('200 service');
});

test('a file that cannot be read is refused without an excerpt of it', async () => {
  const { gateway } = await house(oneService());
  const error = (() => {
    try {
      gateway.reload('services:\n  - redis: {password: hunter2\n');
    } catch (thrown) {
      return String(thrown);
    }
  })();
  expect(error).toContain('line');
  expect(error).not.toContain('hunter2');
});

test('a request that runs ends with what it began with', async () => {
  const waiting: (() => void)[] = [];
  const port = await startService(cleanup, (_, response) => {
    waiting.push(() => response.end('begun before'));
  });
  const cors = (origin: string) => [{ name: 'cors', config: { origins: [origin] } }];
  const upstreams = new Map([['service:3000', [`${HOST}:${port}`]]]);
  const config = oneService({ plugins: cors('http://before') });
  const { gateway, url } = await serve(config, upstreams);
  const running = fetch(`${url}/s`);
  await eventually(() => waiting.length === 1, 'the service is asked');
  gateway.reload(oneService({ routes: [{ name: 'elsewhere', paths: ['/e'] }] }));
  waiting[0]?.();
  const response = await running;
  expect(response.headers.get('access-control-allow-origin')).toBe('http://before');
  expect(await response.text()).toBe('begun before');
  expect((await fetch(`${url}/s`)).status).toBe(404);
});

test("a client's connection outlives a reload, and so does the one to the service", async () => {
  const peers = new Set<number>();
  const port = await startService(cleanup, (request, response) => {
    peers.add(request.socket.remotePort as number);
    response.end('hello');
  });
  const upstreams = new Map([['service:3000', [`${HOST}:${port}`]]]);
  const { gateway, url } = await serve(oneService(), upstreams);
  let received = '';
  const socket = connect(Number(new URL(url).port), HOST);
  cleanup.add(() => socket.destroy());
  socket.on('data', (bytes) => {
    received += bytes;
  });
  const answers = () => received.split('hello').length - 1;
  socket.write('GET /s HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(() => answers() === 1, 'the first answer');
  gateway.reload(oneService({ retries: 2 }));
  socket.write('GET /s HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(() => answers() === 2, 'the second answer');
  expect(peers.size).toBe(1);
});

test('counts stay, a changed limit applies to them, and another entity has its own', async () => {
  const { gateway, url } = await house(limited(2));
  const remaining = async () =>
    (await fetch(`${url}/s`)).headers.get('x-ratelimit-remaining-minute');
  const seen = [await remaining()];
  gateway.reload(limited(2));
  seen.push(await remaining());
  gateway.reload(limited(5));
  seen.push(await remaining());
  gateway.reload(limited(5, 'renamed'));
  seen.push(await remaining());
  gateway.reload(limited(5));
  seen.push(await remaining());
  expect(seen).toEqual(['1', '0', '2', '4', '1']);
});

/** A token that RFC 7519 would call good, of the named key. */
function tokenOf(kid: string, key: ReturnType<typeof keyPair>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = NOW / 1000;
  const text = `${part({ alg: 'RS256', kid })}.${part({ exp: now + 900, nbf: now - 60 })}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key.privateKey).toString('base64url')}`;
}

const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const guarded = (keys: Record<string, ReturnType<typeof keyPair>>) =>
  oneService(
    {
      plugins: [
        { name: 'jwt', config: { key_claim_name: 'kid', claims_to_verify: ['exp', 'nbf'] } },
      ],
    },
    {
      consumers: [
        {
          username: 'roundhouse',
          jwt_secrets: Object.entries(keys).map(([key, { publicKey }]) => ({
            key,
            algorithm: 'RS256',
            rsa_public_key: publicKey.export({ type: 'spki', format: 'pem' }),
          })),
        },
      ],
    },
  );

test('keys rotate: a new one is taken, and of a dropped one not even a known token', async () => {
  const [old, next] = [keyPair(), keyPair()];
  const { gateway, url } = await house(guarded({ old }));
  const status = async (token: string) =>
    (await fetch(`${url}/s`, { headers: { authorization: `Bearer ${token}` } })).status;
  const tokens = [tokenOf('old', old), tokenOf('next', next)] as const;
  const both = async () => [await status(tokens[0]), await status(tokens[1])];
  expect(await both()).toEqual([200, 401]);
  gateway.reload(guarded({ old, next }));
  expect(await both()).toEqual([200, 200]);
  gateway.reload(guarded({ next }));
  expect(await both()).toEqual([401, 200]);
});
