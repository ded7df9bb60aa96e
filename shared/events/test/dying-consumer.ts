/** A consumer that ends in the middle of its work, without a word: a thread of `a-world.ts`. */
import { workerData } from 'node:worker_threads';
import { connect } from '@roundhouse/database';
import { postgresTransport, rabbitmqTransport, takeTogether } from '../src/events.ts';
import { keeps, READS } from './subscriber.ts';

const { behavior, kind, url, database } = workerData as Record<string, string>;

const transport =
  kind === 'postgres'
    ? postgresTransport(String(url))
    : rabbitmqTransport({
        url: String(url),
        service: 'test',
        topology: async () => READS,
        onState: () => undefined,
      });
const bookings = connect({ url: String(database), max: 2 });
const options = {
  ...{ database: bookings, transport, queue: 'bookings', subscriptions: [keeps] },
  onFailure: () => undefined,
};

await transport.consume('bookings', async (events) => {
  // Whatever it has in its hands, this one event ends its process before anything is answered.
  const is_deadly = events.some(({ data }) => (data as { name: string }).name === 'deadly');
  if (behavior === 'dies of the deadly' && is_deadly) process.exit(1);
  await takeTogether(options, events);
  if (behavior === 'dies after the effect') process.exit(1);
  return [];
});
