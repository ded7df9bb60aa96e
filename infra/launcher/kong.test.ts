import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keyThumbprint } from '@roundhouse/service/token';
import { parse } from 'yaml';
import { reloadGateway, writeKong } from './kong.ts';

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
