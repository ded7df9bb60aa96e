/** What is looked at while a soak runs: each process, the database's connections, the outboxes. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Platform } from '../chaos/platform.ts';

export interface ProcessSample {
  pid: number;
  /** Resident memory. */
  memory_mb: number;
  /** Open files, sockets among them. */
  handles: number;
}

export interface Sample {
  /** Since the load began. */
  minutes: number;
  /** By the process' name; one that was not there at that moment is missing. */
  processes: Record<string, ProcessSample>;
  /** To Postgres, of all services. */
  connections: number;
  unsent_events: number;
  /** Of the oldest one. */
  oldest_unsent_seconds: number;
}

/** Undefined where it has ended, or where there is no /proc. */
function look(pid: number | undefined): ProcessSample | undefined {
  if (pid === undefined) return undefined;
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
    const handles = readdirSync(`/proc/${pid}/fd`).length;
    return { pid, memory_mb: kilobytes / 1_024, handles };
  } catch {
    return undefined;
  }
}

const CONNECTIONS = `SELECT count(*)::int AS connections FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND usename <> 'postgres'`;

const outboxSql = (services: readonly string[]) => `
  SELECT count(*)::int AS unsent,
    coalesce(extract(epoch FROM clock_timestamp() - min(time)), 0)::float AS oldest
  FROM (${services
    .map((name) => `SELECT time FROM ${name}.outbox WHERE sent_at IS NULL`)
    .join(' UNION ALL ')}) AS waiting`;

/** `began` is when the load did, by `performance.now()`. */
export async function takeSample(platform: Platform, began: number): Promise<Sample> {
  const minutes = (performance.now() - began) / 60_000;
  const seen = platform.processes.map((name) => [name, look(platform.pid(name))] as const);
  const there = seen.flatMap(([name, one]) => (one === undefined ? [] : [[name, one] as const]));
  const [counted] = await platform.rows<{ connections: number }>(CONNECTIONS);
  const [outbox] = await platform.rows<{ unsent: number; oldest: number }>(
    outboxSql(platform.services),
  );
  return {
    ...{ minutes, processes: Object.fromEntries(there) },
    connections: counted?.connections ?? Number.NaN,
    unsent_events: outbox?.unsent ?? Number.NaN,
    oldest_unsent_seconds: outbox?.oldest ?? Number.NaN,
  };
}
