import { startRabbitConsumer } from './rabbitmq-consumer.ts';
import { startPublisher } from './rabbitmq-publisher.ts';
import type { Topology } from './rabbitmq-topology.ts';
import type { LinkState, Transport } from './transport.ts';

export interface RabbitTransportOptions {
  /** `amqp://` or `amqps://`, with user, password and virtual host. */
  url: string;
  /** Whose connections these are. */
  service: string;
  /** Who reads what; asked again at each connection. */
  topology: () => Promise<Topology>;
  /** Told when the broker is lost and found; until it is found, the outbox keeps the events. */
  onState: (state: LinkState) => void;
}

const COUNTED_AT_MOST = 10_001;

/**
 * Events over RabbitMQ: a topic exchange, and a quorum queue for each service that reads. Needs no
 * broker to start; connects as soon as there is one, and declares all that it needs.
 */
export function rabbitmqTransport(options: RabbitTransportOptions): Transport {
  const { url, service } = options;
  const publisher = startPublisher({ ...options, name: `${service} publishes` });
  return {
    publish: (events) => publisher.publish(events),
    consume: async (queue, take) =>
      startRabbitConsumer({
        url,
        name: `${queue} consumes`,
        service: queue,
        take,
        publisher,
        // The publisher has told it.
        onState: () => undefined,
      }),
    deadLetters: async (queue) => Math.min(await publisher.countDead(queue), COUNTED_AT_MOST),
    close: () => publisher.stop(),
  };
}
