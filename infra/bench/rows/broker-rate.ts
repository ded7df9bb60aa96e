/** What the transports themselves take of events like ours, without relay, outbox and consumers. */
import { connect } from 'amqplib';
import type pg from 'pg';

/** As many as the relay sends at once. */
const BATCH = 100;
const QUEUE = 'bench.confirms';
const TASK = 'events:bench-nobody';

/** An event as the relay sends it; 500 bytes or so. */
const EVENT = {
  specversion: '1.0',
  id: '019a6f5e-0000-7000-8000-000000000001',
  source: '/services/clients',
  type: 'clients.client.created.v1',
  subject: '019a6f5e-0000-7000-8000-000000000002',
  time: '2026-11-21T09:30:00Z',
  tenantid: '019a6f5e-0000-7000-8000-000000000003',
  datacontenttype: 'application/json',
  data: {
    ...{ id: '019a6f5e-0000-7000-8000-000000000002', version: 1, name: 'Bench School 1' },
    ...{ email: 'school@bench.example', phone: '+12125550123', status: 'active' },
  },
};

/** Persistent messages to a quorum queue, a hundred unconfirmed at a time. */
export async function rabbitRate(url: string, duration_ms: number): Promise<number> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  const message = Buffer.from(JSON.stringify(EVENT));
  const began = performance.now();
  let confirmed = 0;
  const sender = async () => {
    while (performance.now() - began < duration_ms) {
      await new Promise<void>((resolve, reject) => {
        channel.sendToQueue(QUEUE, message, { persistent: true }, (error) =>
          error ? reject(error) : resolve(),
        );
      });
      confirmed += 1;
    }
  };
  await Promise.all(Array.from({ length: BATCH }, sender));
  const per_second = (confirmed * 1_000) / (performance.now() - began);
  await channel.deleteQueue(QUEUE);
  await connection.close();
  return per_second;
}

/** Jobs of a hundred events for a queue that nobody reads, one call each. */
export async function jobsRate(db: pg.Client, duration_ms: number): Promise<number> {
  const payload = JSON.stringify({ events: Array(BATCH).fill(EVENT), attempt: 0 });
  const began = performance.now();
  let added = 0;
  while (performance.now() - began < duration_ms) {
    await db.query({
      name: 'bench-job',
      text: 'SELECT graphile_worker.add_job($1, $2::json)',
      values: [TASK, payload],
    });
    added += BATCH;
  }
  const per_second = (added * 1_000) / (performance.now() - began);
  await db.query(
    `DELETE FROM graphile_worker._private_jobs WHERE task_id IN
      (SELECT id FROM graphile_worker._private_tasks WHERE identifier = $1)`,
    [TASK],
  );
  return per_second;
}
