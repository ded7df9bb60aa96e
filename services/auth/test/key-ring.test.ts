import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type KeyEntry, keyFile, keyTableFile } from '@roundhouse/service/key-folder';
import { keyThumbprint } from '@roundhouse/service/token';
import { eventually } from '@roundhouse/testing';
import { openKeyFolder } from '../src/keys/key-ring.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ring-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const since = '2026-11-21T12:00:00Z';
function aKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const kid = keyThumbprint(createPublicKey(pem));
  writeFileSync(keyFile(folder, kid), pem);
  return kid;
}
const signing = (kid: string): KeyEntry => ({ kid, phase: 'signing', since, retire_at: null });
const published = (kid: string): KeyEntry => ({ ...signing(kid), phase: 'published' });
const retiring = (kid: string): KeyEntry => ({
  ...signing(kid),
  phase: 'retiring',
  retire_at: since,
});
const writeTable = (...keys: KeyEntry[]) =>
  writeFileSync(keyTableFile(folder), JSON.stringify({ keys }));

test('shows the next key, and signs with it when the table says so', async () => {
  const [one, two] = [aKey(), aKey()];
  writeTable(signing(one), published(two));
  const ring = openKeyFolder(folder);
  expect(ring.signing().kid).toBe(one);
  expect(ring.all().map(({ kid }) => kid)).toEqual([one, two]);
  const watching = ring.watch(() => undefined);
  writeTable(retiring(one), signing(two));
  await eventually(async () => expect(ring.signing().kid).toBe(two));
  expect(ring.all().map(({ kid }) => kid)).toEqual([one, two]);
  writeTable(signing(two));
  await eventually(async () => expect(ring.all()).toHaveLength(1));
  await watching.stop();
});

test('goes on with what it knew while the folder is wrong, and says so once', async () => {
  const one = aKey();
  writeTable(signing(one));
  const ring = openKeyFolder(folder);
  const told: string[] = [];
  const watching = ring.watch((error) => told.push((error as Error).message));
  writeTable(signing('x'.repeat(43)));
  await eventually(async () => expect(told).toHaveLength(1));
  expect(ring.signing().kid).toBe(one);
  const two = aKey();
  writeTable(retiring(one), signing(two));
  await eventually(async () => expect(ring.signing().kid).toBe(two));
  expect(told).toHaveLength(1);
  await watching.stop();
});

test('does not start on a folder that names no signing key, or another one than its file', () => {
  const [one, two] = [aKey(), aKey()];
  writeTable(published(one));
  expect(() => openKeyFolder(folder)).toThrow('has one key that signs');
  writeFileSync(keyFile(folder, one), 'no key');
  writeTable(signing(one));
  expect(() => openKeyFolder(folder)).toThrow();
  rmSync(keyFile(folder, one));
  expect(() => openKeyFolder(folder)).toThrow('ENOENT');
  writeTable(signing(two));
  expect(openKeyFolder(folder).signing().kid).toBe(two);
});
