/** Closed-loop load: so many callers, each sending its next request when the last is answered. */
import { Agent, request } from 'node:http';

export interface Shot {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface LoadOptions {
  base_url: string;
  callers: number;
  /** The next request, or undefined when there are no more. */
  next: () => Shot | undefined;
  duration_ms: number;
  /** Local addresses to call from, in turn: limits at the edge count by address. */
  addresses?: string[];
}

export interface LoadResult {
  per_second: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  max_ms: number;
  /** How many answers had which status. */
  statuses: Map<number, number>;
}

function fire(agent: Agent, base: URL, shot: Shot, localAddress?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const body = shot.body === undefined ? undefined : Buffer.from(shot.body);
    const headers: Record<string, string> = { ...shot.headers };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = String(body.length);
    }
    const { hostname: host, port } = base;
    const options = { agent, host, port, method: shot.method, path: shot.path, headers };
    const sent = request({ ...options, ...(localAddress ? { localAddress } : {}) }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

const percentile = (sorted: number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

export async function load(options: LoadOptions): Promise<LoadResult> {
  const { callers, next, duration_ms, addresses = [] } = options;
  const base = new URL(options.base_url);
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const times: number[] = [];
  const statuses = new Map<number, number>();
  const started_at = performance.now();
  let turn = 0;

  const caller = async () => {
    while (performance.now() - started_at < duration_ms) {
      const shot = next();
      if (shot === undefined) return;
      turn += 1;
      const address = addresses[turn % Math.max(addresses.length, 1)];
      const sent_at = performance.now();
      const status = await fire(agent, base, shot, address);
      times.push(performance.now() - sent_at);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - started_at) / 1000;
  agent.destroy();
  const sorted = times.sort((one, other) => one - other);
  return {
    per_second: times.length / seconds,
    p50_ms: percentile(sorted, 0.5),
    p95_ms: percentile(sorted, 0.95),
    p99_ms: percentile(sorted, 0.99),
    max_ms: sorted.at(-1) ?? 0,
    statuses,
  };
}
