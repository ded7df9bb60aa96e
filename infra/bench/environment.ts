/** Where the figures were taken: they mean nothing without. */
import { cpus, release, totalmem } from 'node:os';
import type pg from 'pg';

export type Environment = Record<string, string>;

/** What "gains" a fifth when it is off, and what decides how much memory is used. */
const SETTINGS = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
];

export async function environmentOf(db: pg.Client): Promise<Environment> {
  const { rows } = await db.query(
    `SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name`,
    [SETTINGS],
  );
  const { rows: version } = await db.query(`SELECT current_setting('server_version') AS version`);
  return {
    cores: `${cpus().length} (${cpus()[0]?.model.trim() ?? 'unknown'})`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release()}`,
    Node: process.version,
    PostgreSQL: String(version[0].version),
    settings: rows.map(({ name, value }) => `${name} ${value}`).join(', '),
  };
}
