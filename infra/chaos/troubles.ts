/** Faults that a seed can choose from, each with an end. */
import type { Platform } from './platform.ts';
import type { Random } from './random.ts';

/** What is to happen, decided before anything happens. */
export interface Trouble {
  what: string;
  /** After the end of the one before. */
  pause_ms: number;
  lasts_ms: number;
  begin(platform: Platform): Promise<unknown> | unknown;
  /** Undefined where it ends by itself. */
  end?: (platform: Platform) => Promise<unknown> | unknown;
}

type Make = (random: Random, platform: Platform) => Omit<Trouble, 'pause_ms' | 'lasts_ms'>;

const viaProxy =
  (what: string, name: 'postgres' | 'stripe' | 'transport', fault: 'slow' | 'silent'): Make =>
  () => ({
    what,
    begin: ({ proxies }) =>
      proxies[name]?.set(
        fault === 'slow'
          ? { kind: 'latency', latency_ms: 200, jitter_ms: 100 }
          : { kind: 'black_hole' },
      ),
    end: ({ proxies }) => proxies[name]?.heal(),
  });

const makes: Make[] = [
  (random, { processes }) => {
    const name = random.pick(processes);
    return { what: `kill ${name}`, begin: (platform) => platform.signal(name) };
  },
  (random, { processes }) => {
    const name = random.pick(processes);
    return {
      what: `freeze ${name}`,
      begin: (platform) => platform.signal(name, 'SIGSTOP'),
      end: (platform) => platform.signal(name, 'SIGCONT'),
    };
  },
  () => ({ what: 'kill PostgreSQL', begin: ({ postgres }) => postgres.kill() }),
  () => ({ what: 'restart PostgreSQL', begin: ({ postgres }) => postgres.restart() }),
  (random, { broker }) => {
    if (broker === undefined)
      return viaProxy('the transport is silent', 'transport', 'silent')(random, {} as Platform);
    return { what: 'freeze the broker', begin: () => broker.pause(), end: () => broker.resume() };
  },
  viaProxy('PostgreSQL is slow', 'postgres', 'slow'),
  viaProxy('Stripe is silent', 'stripe', 'silent'),
  () => ({
    what: "Stripe's answers are cut off",
    begin: ({ stripe }) =>
      stripe.control({ faults: [{ path: '/v1/payment_intents', times: 5, cut_answer: true }] }),
    end: ({ stripe }) => stripe.control({ clear: true }),
  }),
  () => ({
    what: 'webhooks come three times, in any order',
    begin: ({ stripe }) => stripe.control({ webhooks: { duplicate: 3, shuffle: true } }),
    end: ({ stripe }) => stripe.control({ clear: true }),
  }),
];

const PAUSE_MS = 2_500;
const LASTS_MS = 5_000;

/** As many as fill the time, all of it by the seed. */
export function schedule(random: Random, platform: Platform, seconds: number): Trouble[] {
  const troubles: Trouble[] = [];
  let left_ms = seconds * 1_000;
  while (left_ms > 0) {
    const pause_ms = 200 + random.below(PAUSE_MS);
    const lasts_ms = 500 + random.below(LASTS_MS);
    troubles.push({ ...random.pick(makes)(random, platform), pause_ms, lasts_ms });
    left_ms -= pause_ms + lasts_ms;
  }
  return troubles;
}
