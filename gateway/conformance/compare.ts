import { createHash } from 'node:crypto';
import type { RecordedCase } from './recording.ts';
import type { Received } from './send.ts';
import type { Seen } from './upstreams.ts';

const PLACEHOLDERS: Record<string, string> = {
  '<uuid>': '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
  '<32hex>': '[0-9a-f]{32}',
  '<ms>': '\\d+',
  '<n>': '\\d+',
  '<seconds>': '(?:[1-9]|[1-5]\\d|60)',
  '<date>': '[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT',
};
/** These mean the same value wherever they stand in a case. */
const BOUND = new Set(['<uuid>', '<32hex>']);
const PLACEHOLDER = /<(?:uuid|32hex|ms|n|seconds|date)>/g;

/** Matches texts against recorded ones, and knows what the placeholders of a case stand for. */
export class Matcher {
  readonly #known = new Map<string, string>();

  matches(recorded: string, actual: string): boolean {
    const names = recorded.match(PLACEHOLDER) ?? [];
    const literals = recorded.split(PLACEHOLDER).map((text) => RegExp.escape(text));
    const pattern = literals.reduce((left, right, i) => {
      return `${left}(${PLACEHOLDERS[names[i - 1] as string]})${right}`;
    });
    const values = new RegExp(`^${pattern}$`, 's').exec(actual)?.slice(1);
    return values?.every((value, i) => this.#agrees(names[i] as string, value)) ?? false;
  }

  #agrees(name: string, value: string): boolean {
    if (!BOUND.has(name)) return true;
    const known = this.#known.get(name);
    if (known === undefined) this.#known.set(name, value);
    return known === undefined || known === value;
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] as string]] : []));
}

/** Each recorded line must be there, in any place, and no other. */
function compareHeaders(
  recorded: readonly [string, string][],
  flat: readonly string[],
  matcher: Matcher,
): string[] {
  const left = pairs(flat);
  const missing = recorded.flatMap(([name, value]) => {
    const at = left.findIndex(([n, v]) => n === name && matcher.matches(value, v));
    if (at >= 0) left.splice(at, 1);
    return at >= 0 ? [] : [`misses ${name}: ${value}`];
  });
  return [...missing, ...left.map(([name, value]) => `has ${name}: ${value}`)];
}

function bodyDescription(recorded: string, body: Buffer): string {
  if (recorded.startsWith('<hex ')) return `<hex ${body.toString('hex')}>`;
  if (/^<\d+ bytes/.test(recorded)) {
    return `<${body.length} bytes, sha256 ${createHash('sha256').update(body).digest('hex')}>`;
  }
  return body.toString('latin1');
}

function compareValue(what: string, recorded: unknown, actual: unknown): string[] {
  return recorded === actual ? [] : [`${what} is ${actual} instead of ${recorded}`];
}

/** How an answer differs from the recorded one. */
export function compareResponse(
  { response, websocket }: RecordedCase,
  { head, body, ...received }: Received,
  matcher: Matcher,
): string[] {
  const recordedBody = response.body ?? '';
  const text = bodyDescription(recordedBody, body);
  const sameBody = recordedBody === '<echo>' || matcher.matches(recordedBody, text);
  return [
    ...compareValue('status', response.status, head?.status),
    ...compareValue('reason', response.reason, head?.reason),
    ...compareHeaders(response.headers ?? [], head?.headers ?? [], matcher),
    ...(sameBody ? [] : [`body is ${JSON.stringify(text.slice(0, 300))}`]),
    ...compareValue('connection', response.connection_after, received.connection),
    ...compareValue('interim answer', response.interim !== undefined, received.interim),
    ...compareValue('truncated', response.truncated ?? false, received.truncated),
    ...compareValue('WebSocket echo', websocket !== undefined, received.echoed),
  ];
}

/** How what the service saw differs from the recorded. */
export function compareUpstream(
  { upstream }: RecordedCase,
  seen: readonly Seen[],
  matcher: Matcher,
): string[] {
  const [last] = seen.slice(-1);
  if (upstream === null || last === undefined) {
    return compareValue('requests to services', upstream === null ? 0 : 1, seen.length);
  }
  return [
    ...compareValue('service', upstream.port, last.port),
    ...compareValue('method at the service', upstream.method, last.method),
    ...compareValue('url at the service', upstream.url, last.url),
    ...compareValue('body length at the service', upstream.body_length ?? 0, last.bodyLength),
    ...compareValue('attempts', upstream.attempts ?? 1, seen.length),
    ...compareHeaders(upstream.headers ?? [], last.headers, matcher).map(
      (problem) => `at the service it ${problem}`,
    ),
  ];
}
