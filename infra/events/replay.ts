/**
 * `scripts/replay --since TIME`: has what was sent since then sent again, for a transport that has
 * lost its data. It marks the events unsent; the services' own relays do the rest.
 */
import { parseArgs } from 'node:util';
import { connect, sql } from '@roundhouse/database';
import { fail, fromCommandLine } from '../command-line.ts';
import { serviceFolders } from '../database/services.ts';
import { installation } from './installation.ts';

const USAGE = `scripts/replay --since TIME [--service SERVICE] [--data DIR]
TIME is an instant such as 2026-11-21T10:00:00Z, at most the 7 days ago that sent events are kept.`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      service: { type: 'string' },
      since: { type: 'string' },
    },
  });
  return { ...values, since: Temporal.Instant.from(values.since ?? '') };
}

const { since, service, data } = fromCommandLine(readArguments, USAGE);
const { workerUrl, log } = installation(data);
const names = serviceFolders().map(({ name }) => name);
if (service !== undefined && !names.includes(service)) fail(`There is no service ${service}.`, 2);

for (const name of service === undefined ? names : [service]) {
  const worker = connect({ url: workerUrl(name), max: 1 });
  const [again] = await worker.transaction((tx) =>
    tx.query<{ events: number }>(sql`
      WITH again AS (UPDATE outbox SET sent_at = NULL WHERE sent_at >= ${since} RETURNING 1)
      SELECT count(*)::int AS events FROM again`),
  );
  await worker.close();
  const { events = 0 } = again ?? {};
  log.warn('operator', { event: 'events_replayed', of: name, since: since.toString(), events });
  process.stdout.write(`${name}: ${events} events are sent again\n`);
}
