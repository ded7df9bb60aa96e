/** What a restore has to refuse, and what a backup that is broken off leaves behind. */
import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { run, start } from '../../test-processes.ts';
import { holdsWithin } from '../../waiting.ts';
import { check } from './tap.ts';

const scripts = `${import.meta.dirname}/../..`;
const DEADLINE_MS = 20_000;

/** One bit of the middle of a file. */
function flip(file: string): void {
  const fd = openSync(file, 'r+');
  const at = 30_000_000;
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, at);
  writeSync(fd, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
  closeSync(fd);
}

function rewrite(file: string, change: (text: string) => string): void {
  const text = readFileSync(file, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`Nothing was changed in ${file}.`);
  writeFileSync(file, changed);
}

const aKey = (folder: string) => {
  const [name = ''] = readdirSync(join(folder, 'keys')).filter((one) => one.endsWith('.pem'));
  return join(folder, 'keys', name);
};

const DAMAGES: { name: string; does: (folder: string) => void; told: RegExp }[] = [
  {
    name: 'a flipped bit in the archive',
    does: (folder) => flip(join(folder, 'base.tar')),
    told: /base\.tar: is not what was written/,
  },
  {
    name: 'an archive that was cut',
    does: (folder) => truncateSync(join(folder, 'base.tar'), 40_000_000),
    told: /base\.tar: is not what was written/,
  },
  { name: 'a missing key', does: (folder) => rmSync(aKey(folder)), told: /\.pem: ENOENT/ },
  {
    name: 'a missing manifest',
    does: (folder) => rmSync(join(folder, 'manifest.json')),
    told: /no backup, or half of one/,
  },
  {
    name: 'a server of another major version',
    does: (folder) =>
      rewrite(join(folder, 'manifest.json'), (text) =>
        text.replace(/("postgres_version": )\d+/, '$1170004'),
      ),
    told: /PostgreSQL 17/,
  },
  {
    name: 'a file outside of its folder',
    does: (folder) =>
      rewrite(join(folder, 'manifest.json'), (text) => text.replace('kong.yml', '../kong.yml')),
    told: /can't be read/,
  },
];

/** Each damage to a copy of the backup is told, and nothing is written anywhere. */
export async function refusesDamage(backup: string): Promise<void> {
  const damaged = `${backup} damaged`;
  const target = join(dirname(backup), 'never');
  for (const { name, does, told } of DAMAGES) {
    cpSync(backup, damaged, { recursive: true });
    does(damaged);
    const { status, output } = await run([`${scripts}/restore`, damaged, '--data', target]);
    const refused = status === 1 && told.test(output) && !existsSync(target);
    check(`a restore refuses ${name}`, refused, output);
    rmSync(damaged, { recursive: true });
  }
}

/** What the server still does or keeps for a backup. */
async function leftOver(url: string): Promise<number> {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  try {
    const { rows } = await database.query(`
      SELECT (SELECT count(*) FROM pg_replication_slots)
        + (SELECT count(*) FROM pg_stat_progress_basebackup) AS left_over`);
    return Number(rows[0].left_over);
  } finally {
    await database.end();
  }
}

/** Killed in the middle, it leaves the server nothing to keep, and no backup. */
export async function diesWell(data: string, url: string, target: string): Promise<void> {
  const slow = [`${scripts}/backup`, '--data', data, '--max-rate', '4', target];
  const command = start(slow, () => undefined);
  const leaves = async (count: number) =>
    (await holdsWithin(DEADLINE_MS, async () => (await leftOver(url)) === count, 50)) !== undefined;
  const began = await leaves(2);
  command.kill('SIGKILL');
  const clean = await leaves(0);
  check('a backup that is killed is given up by the server, slot and all', began && clean);
  const names = readdirSync(dirname(target)).filter((name) => name.includes('.partial.'));
  check('what it wrote is no backup', !existsSync(target) && names.length === 1, names.join());
  const again = await run([`${scripts}/backup`, '--data', data, target]);
  const left = readdirSync(dirname(target)).filter((name) => name.includes('.partial.'));
  check('the next one clears it away', again.status === 0 && left.length === 0, again.output);
  const twice = await run([`${scripts}/backup`, '--data', data, target]);
  check('a backup overwrites no other', twice.status === 1, twice.output);
}
