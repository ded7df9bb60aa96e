/** The archive of a base backup, held against the list that the server sent with it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { list } from 'tar';
import { z } from 'zod';

const ServerManifest = z.object({
  Files: z.array(z.object({ Path: z.string(), Size: z.int(), Checksum: z.string() })),
  'WAL-Ranges': z.array(
    z.object({ Timeline: z.int(), 'Start-LSN': z.string(), 'End-LSN': z.string() }),
  ),
});

interface Entry {
  bytes: number;
  sha256: string;
}

async function entriesOf(archive: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  await list({
    file: archive,
    strict: true,
    onReadEntry: (entry) => {
      const hash = createHash('sha256');
      let bytes = 0;
      entry.on('data', (piece: Buffer) => {
        hash.update(piece);
        bytes += piece.length;
      });
      entry.on('end', () => entries.set(entry.path, { bytes, sha256: hash.digest('hex') }));
    },
  });
  return entries;
}

/** `1/A0000028` as a number of bytes. */
function positionOf(lsn: string): bigint {
  const [high = '', low = ''] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

const hex = (value: bigint) => value.toString(16).toUpperCase().padStart(8, '0');

/** The files of the log between two places: 16 MB each where initdb was told nothing else. */
function segments(timeline: number, start: string, end: string, bytes: bigint): string[] {
  const each = 0x1_0000_0000n / bytes;
  const names: string[] = [];
  for (let n = positionOf(start) / bytes; n <= (positionOf(end) - 1n) / bytes; n += 1n) {
    names.push(`pg_wal/${hex(BigInt(timeline))}${hex(n / each)}${hex(n % each)}`);
  }
  return names;
}

/** What is wrong with `base.tar` in this folder, each as a sentence. */
export async function archiveFaults(folder: string): Promise<string[]> {
  const text = readFileSync(join(folder, 'backup_manifest'), 'utf8');
  const server = ServerManifest.parse(JSON.parse(text));
  const entries = await entriesOf(join(folder, 'base.tar'));
  const faults = server.Files.flatMap(({ Path, Checksum }) => {
    const found = entries.get(Path);
    if (found === undefined) return [`${Path}: is not in the archive`];
    return found.sha256 === Checksum ? [] : [`${Path}: is not what the server read`];
  });
  const isLog = /^pg_wal\/[0-9A-F]{24}$/;
  const [log] = [...entries].filter(([path]) => isLog.test(path));
  if (log === undefined) return [...faults, 'pg_wal: is empty'];
  const bytes = BigInt(log[1].bytes);
  for (const range of server['WAL-Ranges']) {
    const { Timeline, 'Start-LSN': start, 'End-LSN': end } = range;
    const missing = segments(Timeline, start, end, bytes).filter((name) => !entries.has(name));
    faults.push(...missing.map((name) => `${name}: is not in the archive`));
  }
  return faults;
}
