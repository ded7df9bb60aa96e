/** Closed-loop load: so many callers, each sending its next request when the last is answered. */
import { Agent } from 'node:http';
import { fire, type Shot, type Statuses, tally } from './fire.ts';
import { type Latencies, latenciesOf } from './statistics.ts';

export interface ClosedLoop {
  base_url: string;
  callers: number;
  /** The next request, or undefined when there are no more. */
  next: () => Shot | undefined;
  duration_ms: number;
  /** Local addresses to call from, in turn. */
  addresses?: string[];
}

export interface LoadResult extends Latencies {
  per_second: number;
  requests: number;
  statuses: Statuses;
}

/** Tells what the machine can do; of how long people wait it says nothing: see `open-loop.ts`. */
export async function closedLoop(options: ClosedLoop): Promise<LoadResult> {
  const { callers, next, duration_ms, addresses = [] } = options;
  const base = new URL(options.base_url);
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const times: number[] = [];
  const statuses: Statuses = new Map();
  const started_at = performance.now();
  let turn = 0;

  const caller = async () => {
    while (performance.now() - started_at < duration_ms) {
      const shot = next();
      if (shot === undefined) return;
      turn += 1;
      const localAddress = addresses[turn % Math.max(addresses.length, 1)];
      const sent_at = performance.now();
      tally(statuses, await fire({ agent, base, localAddress }, shot));
      times.push(performance.now() - sent_at);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - started_at) / 1_000;
  agent.destroy();
  const requests = times.length;
  return { per_second: requests / seconds, requests, ...latenciesOf(times), statuses };
}
