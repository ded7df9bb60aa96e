/** `scripts/restore`: a platform from a backup, where there is none. */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { extract } from 'tar';
import { repository } from '../database/services.ts';
import { readOptions } from '../launcher/options.ts';
import { type State, saveState } from '../launcher/state.ts';
import { packagedMajor, serverUser } from '../postgres/server.ts';
import { faultsOf, type Manifest, readManifest } from './manifest.ts';
import { isEmpty, partialOf } from './partial.ts';

const USAGE = 'scripts/restore BACKUP [--data DIR]';
/** In the database's folder while the rest is not in its place yet. */
const MARK = 'restoring';
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Places {
  backup: string;
  data: string;
  /** Where the database's folder goes: below `data`, or for root somewhere else. */
  home: string;
  inside: boolean;
}

function readPlaces(): Places {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: { type: 'string', default: join(repository, '.roundhouse') } },
  });
  const [backup] = positionals;
  if (backup === undefined || positionals.length > 1) throw new Error(USAGE);
  const { data, postgres_home: home } = readOptions(['--data', values.data]);
  return { backup: resolve(backup), data, home, inside: home.startsWith(`${data}/`) };
}

/** Into an empty system only: a restore never decides that something is not needed any more. */
function requireEmpty({ data, home }: Places): void {
  const broken_off = existsSync(join(home, MARK)) && isEmpty(data);
  if (broken_off) rmSync(home, { recursive: true });
  const [full] = [data, home].filter((folder) => !isEmpty(folder));
  if (full === undefined) return;
  throw new Error(`${full} is not empty, and nothing is overwritten. Name another --data.`);
}

async function requireWhole(backup: string, manifest: Manifest): Promise<void> {
  const major = Math.floor(manifest.postgres_version / 10_000);
  if (major !== packagedMajor()) {
    throw new Error(
      `The backup is of PostgreSQL ${major}, this is ${packagedMajor()}, which can't read it.`,
    );
  }
  const faults = await faultsOf(backup, manifest.files);
  if (faults.length > 0) throw new Error(`The backup is damaged: ${faults.join('; ')}`);
}

async function unpack(backup: string, home: string): Promise<void> {
  const owner = serverUser();
  const data = join(home, 'data');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  // Whoever ran the server that was copied: here it runs as who it runs as here.
  const ids = owner === undefined ? { preserveOwner: false } : owner;
  await extract({ file: join(backup, 'base.tar'), cwd: data, strict: true, ...ids });
  for (const folder of [home, data]) {
    chmodSync(folder, 0o700);
    if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  }
}

function copyRest(backup: string, folder: string, { files }: Manifest): void {
  for (const { path } of files) {
    if (path === 'base.tar' || path === 'backup_manifest') continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    cpSync(join(backup, path), join(folder, path));
    chmodSync(join(folder, path), 0o600);
  }
  // The server whose port it was may be running beside this one.
  const state: State = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'));
  saveState(folder, { ...state, postgres_port: undefined });
}

/** Puts a folder where an empty one may stand. */
function place(partial: string, target: string): void {
  if (existsSync(target)) rmdirSync(target);
  renameSync(partial, target);
}

async function restore(): Promise<void> {
  const places = readPlaces();
  const { backup, data, home, inside } = places;
  const manifest = readManifest(backup);
  requireEmpty(places);
  await requireWhole(backup, manifest);
  for (const folder of [data, home]) mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  const partial = partialOf(data);
  const partial_home = inside ? join(partial, home.slice(data.length + 1)) : partialOf(home);
  const drop = () => {
    for (const folder of [partial, partial_home]) rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      drop();
      process.exit(130);
    });
  }
  try {
    mkdirSync(partial, { mode: 0o700 });
    await unpack(backup, partial_home);
    copyRest(backup, partial, manifest);
    if (!inside) {
      writeFileSync(join(partial_home, MARK), '');
      place(partial_home, home);
    }
    place(partial, data);
    rmSync(join(home, MARK), { force: true });
  } catch (error) {
    drop();
    throw error;
  }
  say(`${data} is the platform as it was at ${manifest.ended_at}.`);
  say(`scripts/start --data ${data} goes on from there.`);
}

await restore().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\nNothing was restored.\n`);
  process.exitCode = 1;
});
