import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readKey, readKeyTable } from '@roundhouse/service/key-folder';
import { keyThumbprint } from '@roundhouse/service/token';
import { takeLock } from '../launcher/lock.ts';
import { ensureKeys, publishNextKey, retireDueKeys, signWithNextKey } from './key-store.ts';

const now = Temporal.Instant.from('2026-11-21T12:00:00Z');
const later = now.add({ hours: 1 });

let data: string;
let folder: string;
let old_file: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'keys-'));
  folder = join(data, 'keys');
  old_file = join(data, 'signing-key.pem');
});
afterEach(() => rmSync(data, { recursive: true }));

const phases = () => readKeyTable(folder).keys.map(({ phase }) => phase);
const files = () => readdirSync(folder).filter((name) => name.endsWith('.pem'));
/** Each key that the table names is there, and is the one that it is called. */
function expectWhole() {
  for (const { kid } of readKeyTable(folder).keys) {
    expect(keyThumbprint(createPublicKey(readKey(folder, kid)))).toBe(kid);
  }
}

test('the first start makes a key, for nobody else to read, and the next one keeps it', () => {
  ensureKeys(folder, old_file, now);
  const [{ kid } = { kid: '' }] = readKeyTable(folder).keys;
  expectWhole();
  expect(statSync(join(folder, `${kid}.pem`)).mode & 0o777).toBe(0o600);
  ensureKeys(folder, old_file, later);
  expect(readKeyTable(folder).keys[0]?.kid).toBe(kid);
});

test('the one key of an older installation goes on signing', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(old_file, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  ensureKeys(folder, old_file, now);
  expect(readKeyTable(folder).keys[0]?.kid).toBe(keyThumbprint(publicKey));
  expectWhole();
  expect(existsSync(old_file)).toBe(false);
});

test('a whole rotation: published, signing, the old one gone with its file', () => {
  ensureKeys(folder, old_file, now);
  const next = publishNextKey(folder, now);
  expect(phases()).toEqual(['signing', 'published']);
  expectWhole();
  signWithNextKey(folder, now);
  expect(phases()).toEqual(['retiring', 'signing']);
  expect(retireDueKeys(folder, now)).toEqual([]);
  expect(retireDueKeys(folder, later)).toHaveLength(1);
  expect(readKeyTable(folder).keys.map(({ kid }) => kid)).toEqual([next]);
  expect(files()).toEqual([`${next}.pem`]);
});

test('begun again after a crash it goes on with the key that was published', () => {
  ensureKeys(folder, old_file, now);
  expect(publishNextKey(folder, now)).toBe(publishNextKey(folder, later));
  expect(files()).toHaveLength(2);
});

test('what a crash left beside the table is cleared away, and nothing else', () => {
  ensureKeys(folder, old_file, now);
  const [before] = files();
  // A key whose table was not written any more, and a file that was not written to its end.
  writeFileSync(join(folder, `${'x'.repeat(43)}.pem`), 'PEM');
  writeFileSync(join(folder, `${'y'.repeat(43)}.pem.4711`), 'PE');
  ensureKeys(folder, old_file, later);
  expect(readdirSync(folder).sort()).toEqual([before, 'keys.json', 'lock.sqlite'].sort());
});

test('a step waits for nobody', () => {
  ensureKeys(folder, old_file, now);
  const release = takeLock(join(folder, 'lock.sqlite'));
  expect(() => publishNextKey(folder, now)).toThrow('Somebody else is changing the keys');
  release?.();
  expect(publishNextKey(folder, now)).toEqual(expect.any(String));
});
