/**
 * Puts a message into a service's queue, past its publisher: for tests of what cannot be taken.
 * `offer.ts QUEUE ATTEMPTS TEXT`, on RABBITMQ_URL or else on DATABASE_URL.
 */
import { openConnection } from '@roundhouse/events/operator';
import pg from 'pg';

const [queue = '', attempts = '0', text = ''] = process.argv.slice(2);
const { RABBITMQ_URL, DATABASE_URL } = process.env;

async function toRabbit(url: string): Promise<void> {
  const model = await openConnection(url, 'offer');
  const channel = await model.createConfirmChannel();
  const options = { headers: { 'x-attempts': Number(attempts) }, persistent: true };
  channel.publish('roundhouse.queues', `${queue}.offered`, Buffer.from(text), options);
  await channel.waitForConfirms();
  await model.close();
}

async function toPostgres(): Promise<void> {
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  await client.query(
    `SELECT graphile_worker.add_job('events:' || $1::text,
      json_build_object('events', json_build_array($2::json), 'attempt', $3::int))`,
    [queue, text, attempts],
  );
  await client.end();
}

await (RABBITMQ_URL === undefined ? toPostgres() : toRabbit(RABBITMQ_URL));
