import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { create } from 'tar';
import { archiveFaults } from './archive.ts';
import { faultsOf, readManifest } from './manifest.ts';

const SEGMENT = 1024 * 1024;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roundhouse-archive-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

interface Sent {
  files?: Record<string, string>;
  /** What the server says of them. */
  listed?: Record<string, string>;
  logs?: string[];
  end?: string;
}

/** A base backup as a server sends it, with segments of a megabyte. */
async function aBaseBackup({ files, listed, logs, end }: Sent): Promise<void> {
  const content = { 'base/1': 'one', 'base/2': 'two', ...files };
  const cluster = join(folder, 'cluster');
  for (const path of ['base', 'pg_wal']) mkdirSync(join(cluster, path), { recursive: true });
  for (const [path, text] of Object.entries(content)) writeFileSync(join(cluster, path), text);
  for (const name of logs ?? ['000000010000000000000003', '000000010000000000000004']) {
    writeFileSync(join(cluster, 'pg_wal', name), Buffer.alloc(SEGMENT));
  }
  await create({ file: join(folder, 'base.tar'), cwd: cluster }, ['base', 'pg_wal']);
  const Files = Object.entries({ 'base/1': 'one', 'base/2': 'two', ...listed }).map(
    ([Path, text]) => ({ Path, Size: text.length, Checksum: sha256(text) }),
  );
  const range = { Timeline: 1, 'Start-LSN': '0/300028', 'End-LSN': end ?? '0/400100' };
  const list = { Files, 'WAL-Ranges': [range] };
  writeFileSync(join(folder, 'backup_manifest'), JSON.stringify(list));
}

test('an archive is what the server says that it is', async () => {
  await aBaseBackup({});
  expect(await archiveFaults(folder)).toEqual([]);
});

test('a file with other content than the server read is told', async () => {
  await aBaseBackup({ files: { 'base/2': 'TWO' } });
  expect(await archiveFaults(folder)).toEqual(['base/2: is not what the server read']);
});

test('a file that the server lists and that did not come is told', async () => {
  await aBaseBackup({ listed: { 'base/3': 'three' } });
  expect(await archiveFaults(folder)).toEqual(['base/3: is not in the archive']);
});

test('a piece of the log that the copy needs and lacks is told', async () => {
  await aBaseBackup({ end: '0/500100' });
  const missing = 'pg_wal/000000010000000000000005: is not in the archive';
  expect(await archiveFaults(folder)).toEqual([missing]);
});

test('a log that ends with a segment needs none after it', async () => {
  await aBaseBackup({ end: '0/500000' });
  expect(await archiveFaults(folder)).toEqual([]);
});

const manifest = (path: string) => ({
  format: 1,
  began_at: '2027-03-01T10:00:00Z',
  ended_at: '2027-03-01T10:00:03Z',
  postgres_version: 180004,
  revision: '0123456789ab',
  start_lsn: '0/3000028',
  end_lsn: '0/3000120',
  timeline: 1,
  files: [{ path, bytes: 2, sha256: sha256('{}') }],
});

test.each(['../state.json', '/etc/passwd', 'keys/../../x', '.', 'keys//x', 'keys/.x'])(
  'a manifest names no file out of its folder: %s',
  (path) => {
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest(path)));
    expect(() => readManifest(folder)).toThrow("can't be read");
  },
);

test('a file is held against its hash', async () => {
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest('state.json')));
  writeFileSync(join(folder, 'state.json'), '{}');
  const { files } = readManifest(folder);
  expect(await faultsOf(folder, files)).toEqual([]);
  writeFileSync(join(folder, 'state.json'), '[]');
  expect(await faultsOf(folder, files)).toEqual(['state.json: is not what was written']);
});
