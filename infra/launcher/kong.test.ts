import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keyThumbprint } from '@roundhouse/service/token';
import { parse } from 'yaml';
import { reloadGateway, renderKong, writeKong } from './kong.ts';

const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const privatePem = ({ privateKey }: ReturnType<typeof pair>) =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const publicPem = ({ publicKey }: ReturnType<typeof pair>) =>
  publicKey.export({ type: 'spki', format: 'pem' }) as string;
const [current, next] = [pair(), pair()];

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-'));
  file = join(folder, 'kong.yml');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('all keys are written, each by its thumbprint, and of a private one the public half', () => {
  writeKong(file, [privatePem(current), publicPem(next)]);
  const text = readFileSync(file, 'utf8');
  expect(parse(text).consumers[0].jwt_secrets).toEqual(
    [current, next].map((keys) => ({
      key: keyThumbprint(keys.publicKey),
      algorithm: 'RS256',
      rsa_public_key: publicPem(keys),
    })),
  );
  expect(text).not.toContain('PRIVATE');
  expect(readdirSync(folder)).toEqual(['kong.yml']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('the gateway is told once its file is whole', async () => {
  const child = spawn('sleep', ['60']);
  reloadGateway(file, { keys: [publicPem(next)], pid: child.pid });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGHUP');
  expect(parse(readFileSync(file, 'utf8')).consumers[0].jwt_secrets).toHaveLength(1);
});

test('a gateway that does not run finds the file when it starts', () => {
  reloadGateway(file, { keys: [publicPem(next)], pid: undefined });
  expect(parse(readFileSync(file, 'utf8')).consumers[0].jwt_secrets).toHaveLength(1);
});

const LIMITED = `
services:
  - name: clients
    plugins:
      - {name: jwt, config: {}}
      - {name: rate-limiting, config: {minute: 5, policy: local, limit_by: ip}}
consumers: [{username: roundhouse}]
`;
const limitsWith = (redis_url: string | undefined) =>
  parse(renderKong(LIMITED, { keys: [], redis_url })).services[0].plugins[1].config;

test('limits are counted in Redis where there is one, and here where there is none', () => {
  expect(limitsWith(undefined)).toEqual({ minute: 5, policy: 'local', limit_by: 'ip' });
  expect(limitsWith('redis://gate:p%40ss@cache:6380/2')).toEqual({
    minute: 5,
    policy: 'redis',
    limit_by: 'ip',
    redis: {
      host: 'cache',
      port: 6380,
      timeout: 500,
      username: 'gate',
      password: 'p@ss',
      database: 2,
    },
  });
});

test('rediss is TLS, and the name of the server is verified', () => {
  expect(limitsWith('rediss://cache').redis).toEqual({
    host: 'cache',
    port: 6379,
    timeout: 500,
    database: 0,
    ssl: true,
    ssl_verify: true,
    server_name: 'cache',
  });
});

test.each(['http://cache:6379', 'redis://:hunter2@cache/x', 'redis:///1'])(
  'an address that is none of Redis is refused, and not repeated: %s',
  (address) => {
    expect(() => limitsWith(address)).toThrow('REDIS_URL must be');
    expect(() => limitsWith(address)).not.toThrow('hunter2');
  },
);
