/**
 * Whether a broker's definitions keep every event until somebody has dealt with it:
 * `rabbitmqctl export_definitions - | scripts/run node infra/rabbitmq/definitions.ts`.
 */
import { text } from 'node:stream/consumers';

interface Queue {
  name: string;
  vhost: string;
  durable: boolean;
  arguments: Record<string, unknown>;
}

interface Binding {
  source: string;
  vhost: string;
  destination: string;
  destination_type: string;
  routing_key: string;
}

export interface Definitions {
  queues: Queue[];
  exchanges: { name: string; vhost: string }[];
  bindings: Binding[];
}

const isDeadEnd = ({ name }: Queue) => name.endsWith('.dead');

/** What a topic's pattern with `*` takes; the topology has no `#`. */
const fits = (pattern: string, key: string) =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`).test(key);

/** Keys under which a queue's message is given up: its own one, or those by which it came. */
function keysOf(queue: Queue, { bindings }: Definitions): string[] {
  const own = queue.arguments['x-dead-letter-routing-key'];
  if (typeof own === 'string') return [own];
  return bindings
    .filter(({ destination, vhost }) => destination === queue.name && vhost === queue.vhost)
    .map(({ routing_key }) => routing_key)
    .filter((key) => key !== queue.name);
}

function faultsOfWay(queue: Queue, all: Definitions): string[] {
  const exchange = queue.arguments['x-dead-letter-exchange'];
  if (typeof exchange !== 'string') return ['has no dead-letter exchange'];
  const ways = all.bindings.filter(
    ({ source, vhost }) => source === exchange && vhost === queue.vhost,
  );
  if (ways.length === 0) return [`gives up to ${exchange}, which leads nowhere`];
  const lost = keysOf(queue, all)
    // A key that has a `*` itself stands for each service.
    .flatMap((key) =>
      key.startsWith('*') ? services(all).map((one) => key.replace('*', one)) : [key],
    )
    .filter((key) => !ways.some(({ routing_key }) => fits(routing_key, key)));
  return lost.map((key) => `gives up to ${exchange} as ${key}, which leads nowhere`);
}

const services = ({ queues }: Definitions): string[] =>
  queues.filter(isDeadEnd).map(({ name }) => name.split('.')[1] ?? '');

/** One line for each fault of each queue. */
export function faultsOf(all: Definitions): string[] {
  return all.queues.flatMap((queue) => {
    const { name, durable, arguments: given } = queue;
    const faults = [
      ...(durable && given['x-queue-type'] === 'quorum' ? [] : ['is no quorum queue']),
      // Before 4.0 there is no limit without one, and from 4.0 on what is beyond it is dropped.
      ...(typeof given['x-delivery-limit'] === 'number' ? [] : ['has no delivery limit']),
      ...(isDeadEnd(queue) ? [] : faultsOfWay(queue, all)),
      ...(isDeadEnd(queue) || given['x-dead-letter-strategy'] === 'at-least-once'
        ? []
        : ['gives up at most once']),
      ...('x-message-ttl' in given && isDeadEnd(queue) ? ['forgets dead letters'] : []),
    ];
    return faults.map((fault) => `${name} ${fault}`);
  });
}

if (import.meta.main) {
  const faults = faultsOf(JSON.parse(await text(process.stdin)));
  for (const fault of faults) process.stdout.write(`not ok - ${fault}\n`);
  if (faults.length === 0) process.stdout.write('ok - every queue keeps what it is given\n');
  process.exitCode = Math.min(faults.length, 1);
}
