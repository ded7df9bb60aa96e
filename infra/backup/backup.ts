/** `scripts/backup`: a copy of a running embedded platform, of which nobody notices. */
import { createHash, type Hash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { repository } from '../database/services.ts';
import { writeWhole } from '../launcher/write-whole.ts';
import { archiveFaults } from './archive.ts';
import { type BaseBackup, baseBackup } from './base-backup.ts';
import { copyFiles } from './files.ts';
import { faultsOf, hashOf, MANIFEST, Manifest } from './manifest.ts';
import { isEmpty, partialOf, sync } from './partial.ts';

const USAGE = 'scripts/backup [--data DIR] [--max-rate MB_PER_SECOND] TARGET';
/** What the server accepts, in MB a second. */
const MAX_RATE = { least: 1, usual: 50, most: 1_024 };
const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const say = (line: string) => process.stdout.write(`${line}\n`);

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string', default: join(repository, '.roundhouse') },
      'max-rate': { type: 'string', default: String(MAX_RATE.usual) },
    },
  });
  const [target] = positionals;
  const rate = Number(values['max-rate']);
  const within = Number.isInteger(rate) && rate >= MAX_RATE.least && rate <= MAX_RATE.most;
  if (target === undefined || positionals.length > 1 || !within) throw new Error(USAGE);
  return { data: resolve(values.data), target: resolve(target), max_rate_kb: rate * 1_024 };
}

/** The database of the platform that runs on this folder. */
function databaseUrl(data: string): string {
  const file = join(data, 'addresses');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const [, url] = /^DATABASE_URL=(.+)$/m.exec(text) ?? [];
  if (url === undefined) throw new Error(`No platform runs on ${data}: scripts/start`);
  return url;
}

async function serverVersion(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query('SHOW server_version_num');
    return Number(rows[0].server_version_num);
  } finally {
    await client.end();
  }
}

/** The archive and its list, hashed on their way to the disk. */
async function copyCluster(url: string, folder: string, max_rate_kb: number) {
  const open = new Map<string, { fd: number; hash: Hash }>();
  for (const name of ['base.tar', 'backup_manifest']) {
    const fd = openSync(join(folder, name), 'wx', 0o600);
    open.set(name, { fd, hash: createHash('sha256') });
  }
  const label = `roundhouse_backup_${process.pid}`;
  const write = (name: string, piece: Buffer) => {
    const file = open.get(name);
    file?.hash.update(piece);
    for (let at = 0; file !== undefined && at < piece.length; ) {
      at += writeSync(file.fd, piece, at);
    }
  };
  try {
    const copied = await baseBackup({ url, label, max_rate_kb, write });
    const ended_at = String(Temporal.Now.instant());
    const hashes = new Map([...open].map(([name, { hash }]) => [name, hash.digest('hex')]));
    return { copied: { ...copied, ended_at }, hashes };
  } finally {
    for (const { fd } of open.values()) {
      fsyncSync(fd);
      closeSync(fd);
    }
  }
}

/** Reads all of it again from the disk: a backup that can't be read is none. */
async function filesOf(folder: string, hashes: Map<string, string>): Promise<Manifest['files']> {
  const files: Manifest['files'] = [];
  for (const [path, sha256] of hashes) {
    sync(join(folder, path));
    files.push({ path, bytes: statSync(join(folder, path)).size, sha256 });
  }
  const faults = [...(await faultsOf(folder, files)), ...(await archiveFaults(folder))];
  if (faults.length > 0) throw new Error(`What was written is damaged: ${faults.join('; ')}`);
  return files;
}

async function backUp(): Promise<void> {
  const { data, target, max_rate_kb } = readOptions();
  const url = databaseUrl(data);
  if (!isEmpty(target)) throw new Error(`${target} is there already, and is not overwritten.`);
  mkdirSync(dirname(target), { recursive: true });
  const folder = partialOf(target);
  const drop = () => rmSync(folder, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      drop();
      process.stderr.write('Interrupted: there is no backup.\n');
      process.exit(130);
    });
  }
  mkdirSync(folder, { mode: 0o700 });
  try {
    const postgres_version = await serverVersion(url);
    const began_at = Temporal.Now.instant();
    const { copied, hashes } = await copyCluster(url, folder, max_rate_kb);
    // After the database: whatever it knows of a payment, the provider's book then knows too.
    for (const path of await copyFiles(data, folder)) {
      chmodSync(join(folder, path), 0o600);
      hashes.set(path, await hashOf(join(folder, path)));
    }
    const files = await filesOf(folder, hashes);
    write(folder, { ...copied, postgres_version, began_at: String(began_at), files });
    renameSync(folder, target);
    sync(dirname(target));
    report(target, files);
  } catch (error) {
    drop();
    throw error;
  }
}

function write(
  folder: string,
  known: BaseBackup & Pick<Manifest, 'postgres_version' | 'began_at' | 'ended_at' | 'files'>,
): void {
  const revision = process.env.BUILD_REVISION ?? 'unknown';
  const manifest = Manifest.parse({ format: 1, revision, ...known });
  writeWhole(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const path of [MANIFEST, 'keys', '.']) sync(join(folder, path));
}

function report(target: string, files: Manifest['files']): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  say(`${target}: ${files.length} files, ${megabytes(bytes)} MB, read again and found whole`);
  say('It holds secrets and the data of all businesses: keep it where nobody else can read it.');
}

await backUp().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\nThere is no backup.\n`);
  process.exitCode = 1;
});
