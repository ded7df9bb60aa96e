/** For the set-up and for operators: what no service needs. */
export type { DeadLetter, DeadLetters, Selection } from './dead-letters.ts';
export { postgresDeadLetters } from './postgres-dead-letters.ts';
export { rabbitmqDeadLetters } from './rabbitmq-dead-letters.ts';
export { openConnection } from './rabbitmq-link.ts';
export { applyTopology } from './rabbitmq-set-up.ts';
export type { Reading, Topology } from './rabbitmq-topology.ts';
