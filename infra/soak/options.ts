import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { TransportName } from '../chaos/platform.ts';

export const USAGE = `scripts/soak [--minutes 10] [--rate 200] [--transport postgres|rabbitmq]
  [--instances 2] [--businesses 10] [--seed N] [--json FILE] [--data DIR]
  In less than six minutes caches still fill: that shows whether it works, and no leak.`;

export interface SoakOptions {
  minutes: number;
  /** Requests a second. */
  rate: number;
  transport: TransportName;
  instances: number;
  businesses: number;
  seed: number;
  json: string;
}

const SEED = 20_261_121;

function numberOf(text: string, least: number): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < least) throw new Error(USAGE);
  return number;
}

/** `folder` is where results are kept unless said otherwise. */
export function readOptions(args: string[], folder: string): SoakOptions {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '10' },
      rate: { type: 'string', default: '200' },
      transport: { type: 'string', default: 'postgres' },
      instances: { type: 'string', default: '2' },
      businesses: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(SEED) },
      json: { type: 'string' },
      data: { type: 'string', default: folder },
    },
  });
  const { transport } = values;
  if (transport !== 'postgres' && transport !== 'rabbitmq') throw new Error(USAGE);
  return {
    transport,
    minutes: numberOf(values.minutes, 0.5),
    rate: numberOf(values.rate, 1),
    instances: numberOf(values.instances, 1),
    businesses: numberOf(values.businesses, 1),
    seed: numberOf(values.seed, 0),
    json: values.json ?? join(values.data, 'soak.json'),
  };
}
