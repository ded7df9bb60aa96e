import { openPool } from '@roundhouse/database/pool';
import { Logger, type TaskList } from 'graphile-worker';
import { keepRunning } from './graphile-runner.ts';
import type { Envelope } from './schema.ts';
import {
  backOffMs,
  type Consumer,
  errorText,
  type Failure,
  type LinkState,
  MAX_ATTEMPTS,
  type Transport,
} from './transport.ts';

interface Job {
  events: Envelope[];
  attempt: number;
}

/** What a killed worker was taking in is taken in by another one after this long. */
const LOCK_HELD = '5 seconds';
const FREE_EVERY_MS = 2_000;
/** When a batch is offered again that could not be taken for want of a database. */
const SOON_MS = 1_000;

const COUNT_DEAD = `SELECT count(*)::int AS dead
  FROM (SELECT FROM transport.dead_letters WHERE queue = $1 LIMIT 10001) AS given_up`;

const silent = new Logger(() => () => undefined);

/**
 * In batches, although without delay: what is completed one by one nobody waits for, so that a
 * connection that breaks meanwhile ends the process by a rejection that nobody handles.
 */
const preset = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } };

/**
 * Events as jobs of graphile-worker, in a schema and under a role of their own. Who reads which
 * type stands in `transport.subscriptions`, written before any service starts. `onState` is told
 * when who consumes has lost it, and found it.
 */
export function postgresTransport(
  url: string,
  onState: (state: LinkState) => void = () => undefined,
): Transport {
  const pool = openPool({ connectionString: url, max: 3 });

  const retry = async (
    queue: string,
    { event, error, hopeless = false }: Failure,
    attempt: number,
    wait_ms = backOffMs(attempt),
  ) => {
    await pool.query('SELECT transport.retry($1, $2, $3, $4, $5, $6)', [
      queue,
      JSON.stringify(event),
      attempt + 1,
      `${wait_ms} ms`,
      errorText(error),
      hopeless || attempt + 1 >= MAX_ATTEMPTS,
    ]);
  };

  const consume: Transport['consume'] = async (queue, take): Promise<Consumer> => {
    const taskList: TaskList = {
      [`events:${queue}`]: async (payload) => {
        const { events, attempt } = payload as Job;
        // An outage is no attempt: each is offered again soon, as it was.
        const offerAgain = async (error: unknown) => {
          for (const event of events) await retry(queue, { event, error }, attempt - 1, SOON_MS);
          return [];
        };
        const failures = await take(events).catch(offerAgain);
        // Before this job ends: a crash in between repeats events, which the inbox expects.
        for (const failure of failures) await retry(queue, failure, attempt);
      },
    };
    const options = { pgPool: pool, taskList, preset, noHandleSignals: true, logger: silent };
    const runner = keepRunning({ ...options, concurrency: 2, pollInterval: 1_000 }, onState);
    const free = () => pool.query('SELECT transport.free_jobs($1, $2)', [queue, LOCK_HELD]);
    const timer = setInterval(() => free().catch(() => undefined), FREE_EVERY_MS);
    return {
      stop: async () => {
        clearInterval(timer);
        await runner.stop();
      },
    };
  };

  return {
    consume,
    publish: async (events) => {
      await pool.query('SELECT transport.publish($1)', [JSON.stringify(events)]);
    },
    deadLetters: async (queue) => {
      const { rows } = await pool.query(COUNT_DEAD, [queue]);
      return rows[0].dead;
    },
    close: () => pool.end(),
  };
}
