export {
  type ConsumerOptions,
  on,
  type Received,
  type Subscription,
  startConsumer,
  takeTogether,
} from './consumer.ts';
export { postgresTransport } from './postgres-transport.ts';
export { publish, publishAll, redactEvents } from './publish.ts';
export type { Topology } from './rabbitmq-topology.ts';
export { rabbitmqTransport } from './rabbitmq-transport.ts';
export { type Relay, startRelay } from './relay.ts';
export type { Envelope } from './schema.ts';
export type { Consumer, Failure, LinkState, Transport } from './transport.ts';
