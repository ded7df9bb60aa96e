/**
 * Open-loop load: requests come when they come (Poisson), whether or not the last ones are
 * answered, and each is timed from the moment it was meant to be sent. A closed loop would ask
 * nobody while the server stands still, and so hide that it did (coordinated omission).
 */
import { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { seeded } from '../chaos/random.ts';
import { fire, type Shot, type Statuses, tally } from './fire.ts';
import { type Latencies, latenciesOf, percentile, sorted } from './statistics.ts';

export interface OpenLoop {
  base_url: string;
  /** Requests a second, on average. */
  rate: number;
  duration_ms: number;
  next: () => Shot;
  seed: number;
  /** Local addresses to call from, in turn. */
  addresses?: string[];
}

export interface OpenResult extends Latencies {
  offered: number;
  statuses: Statuses;
  /** How late the generator itself was in sending, p99: within what was measured. */
  late_p99_ms: number;
}

/** The moments of arrival, in ms from the start. */
export function arrivals(rate: number, duration_ms: number, seed: number): number[] {
  const random = seeded(seed);
  const moments: number[] = [];
  let at = 0;
  for (;;) {
    at += random.exponential(1_000 / rate);
    if (at >= duration_ms) return moments;
    moments.push(at);
  }
}

export async function openLoop(options: OpenLoop): Promise<OpenResult> {
  const { rate, duration_ms, next, seed, addresses = [] } = options;
  const base = new URL(options.base_url);
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const moments = arrivals(rate, duration_ms, seed);
  const statuses: Statuses = new Map();
  const times: number[] = [];
  const late: number[] = [];
  const under_way: Promise<void>[] = [];
  const started_at = performance.now();

  const send = async (meant_at: number, turn: number) => {
    late.push(performance.now() - meant_at);
    const localAddress = addresses[turn % Math.max(addresses.length, 1)];
    tally(statuses, await fire({ agent, base, localAddress }, next()));
    times.push(performance.now() - meant_at);
  };
  for (const [turn, moment] of moments.entries()) {
    const meant_at = started_at + moment;
    const wait_ms = meant_at - performance.now();
    if (wait_ms > 0) await setTimeout(wait_ms);
    under_way.push(send(meant_at, turn));
  }
  await Promise.all(under_way);
  agent.destroy();
  return {
    ...{ offered: moments.length, statuses, ...latenciesOf(times) },
    late_p99_ms: percentile(sorted(late), 0.99),
  };
}

export interface ThinkingUsers {
  base_url: string;
  users: number;
  /** Each waits between these before its next request. */
  think_ms: readonly [number, number];
  duration_ms: number;
  next: () => Shot;
  seed: number;
  addresses?: string[];
}

/** People: each thinks, asks, waits for the answer and thinks again. */
export async function thinkingUsers(options: ThinkingUsers): Promise<OpenResult> {
  const { users, think_ms, duration_ms, next, seed, addresses = [] } = options;
  const base = new URL(options.base_url);
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const random = seeded(seed);
  const [least, most] = think_ms;
  const statuses: Statuses = new Map();
  const times: number[] = [];
  const late: number[] = [];
  const ends_at = performance.now() + duration_ms;

  const user = async (index: number) => {
    const localAddress = addresses[index % Math.max(addresses.length, 1)];
    // Nobody comes at the same moment as all others.
    let thinks = random.next() * most;
    for (;;) {
      const meant_at = performance.now() + thinks;
      if (meant_at >= ends_at) return;
      await setTimeout(thinks);
      late.push(performance.now() - meant_at);
      tally(statuses, await fire({ agent, base, localAddress }, next()));
      times.push(performance.now() - meant_at);
      thinks = least + random.next() * (most - least);
    }
  };
  await Promise.all(Array.from({ length: users }, (_, index) => user(index)));
  agent.destroy();
  return {
    ...{ offered: times.length, statuses, ...latenciesOf(times) },
    late_p99_ms: percentile(sorted(late), 0.99),
  };
}
