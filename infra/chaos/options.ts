import { parseArgs } from 'node:util';
import type { TransportName } from './platform.ts';

export interface ChaosOptions {
  seed: number;
  /** So many seeds, from `seed` on. */
  seeds: number;
  transport: TransportName;
  instances: number;
  /** What one scenario may take of a minute's worth of trouble. */
  seconds: number;
  per_second: number;
  businesses: number;
  /** Sentences only. */
  list: boolean;
  /** Where the results go as JSON. */
  json: string | undefined;
  /** A fault that is built into the services as they are loaded. */
  plant: string | undefined;
  /** By id; all that take part by default where none is named. */
  scenarios: string[];
}

export const USAGE = `scripts/chaos [--seed N] [--seeds 1] [--transport postgres|rabbitmq]
  [--instances 2] [--seconds 60] [--rate 100] [--businesses 10] [--plant NAME] [--json FILE]
  [--list] [SCENARIO…]`;

const SEED = 20_261_121;

function numberOf(text: string, least: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least) throw new Error(USAGE);
  return number;
}

export function readOptions(args: string[]): ChaosOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: String(SEED) },
      seeds: { type: 'string', default: '1' },
      transport: { type: 'string', default: 'postgres' },
      instances: { type: 'string', default: '2' },
      seconds: { type: 'string', default: '60' },
      rate: { type: 'string', default: '100' },
      businesses: { type: 'string', default: '10' },
      list: { type: 'boolean', default: false },
      json: { type: 'string' },
      plant: { type: 'string' },
    },
  });
  const { transport } = values;
  if (transport !== 'postgres' && transport !== 'rabbitmq') throw new Error(USAGE);
  return {
    seed: numberOf(values.seed, 0),
    seeds: numberOf(values.seeds, 1),
    transport,
    instances: numberOf(values.instances, 1),
    seconds: numberOf(values.seconds, 1),
    per_second: numberOf(values.rate, 1),
    businesses: numberOf(values.businesses, 1),
    list: values.list,
    json: values.json,
    plant: values.plant,
    scenarios: positionals.map((id) => id.toUpperCase()),
  };
}
