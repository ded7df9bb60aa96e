import { Agent, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** An answer as it came; `status` 0 where none came, because the connection broke. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON is answered; the checks look at it.
  body: any;
  headers: Record<string, string | string[] | undefined>;
  /** The body to the byte. */
  text: string;
}

export interface Call {
  method: string;
  /** Below `/api/v1/`. */
  path: string;
  token?: string | undefined;
  key?: string | undefined;
  /** The version that is to be changed. */
  if_match?: number;
  body?: unknown;
  /**
   * The loopback address to call from: on public routes the gateway counts by address. AS_PROXY
   * puts it into X-Forwarded-For, as a proxy that the gateway trusts would write it.
   */
  from?: string | undefined;
  /** When to stop waiting for an answer; never by default. */
  timeout_ms?: number | undefined;
}

const asProxy = process.env.AS_PROXY === 'yes';
const agent = new Agent({ keepAlive: true, maxSockets: 200 });

export function gatewayUrl(): URL {
  const { GATEWAY_URL } = process.env;
  if (GATEWAY_URL === undefined) throw new Error('GATEWAY_URL says where the platform is.');
  return new URL(GATEWAY_URL);
}

/** A request as it stands on the wire: whatever a client could send, also what none should. */
export interface Sent {
  method: string;
  /** Below `/api/v1/`. */
  path: string;
  headers?: Record<string, string> | undefined;
  bytes?: string | Buffer | undefined;
  from?: string | undefined;
  timeout_ms?: number | undefined;
}

const NONE: Answer = { status: 0, body: undefined, headers: {}, text: '' };

export function send({
  method,
  path,
  headers = {},
  bytes,
  from,
  timeout_ms,
}: Sent): Promise<Answer> {
  const { hostname: host, port } = gatewayUrl();
  const length = bytes === undefined ? {} : { 'content-length': String(Buffer.byteLength(bytes)) };
  const where = { agent, host, port, method, path: `/api/v1/${path}` };
  const forwarded = asProxy && from !== undefined ? { 'x-forwarded-for': from } : {};
  const options = { ...where, headers: { ...length, ...forwarded, ...headers } };
  const bound = asProxy || from === undefined ? {} : { localAddress: from };
  return new Promise((resolve) => {
    const sent = request({ ...options, ...bound }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers: got } = response;
        const text = Buffer.concat(chunks).toString();
        resolve({ status, body: parse(text), headers: got, text });
      });
      response.on('error', () => resolve(NONE));
    });
    sent.on('error', () => resolve(NONE));
    if (timeout_ms !== undefined) {
      const timer = globalThis.setTimeout(() => sent.destroy(new Error('late')), timeout_ms);
      sent.on('close', () => clearTimeout(timer));
    }
    sent.end(bytes);
  });
}

/** Sends one request of JSON, or a table, and takes whatever comes back. */
export function call(wanted: Call): Promise<Answer> {
  const { method, path, token, key, if_match, body, from, timeout_ms } = wanted;
  const isTable = typeof body === 'string';
  const bytes = body === undefined || isTable ? body : JSON.stringify(body);
  const headers: Record<string, string> = {};
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (key !== undefined) headers['idempotency-key'] = key;
  if (if_match !== undefined) headers['if-match'] = `"${if_match}"`;
  if (bytes !== undefined) headers['content-type'] = isTable ? 'text/csv' : 'application/json';
  return send({ method, path, headers, bytes, from, timeout_ms });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const PATIENCE_MS = 40_000;

/** Calls until the answer is as wanted; what a restart refuses for a moment is asked again. */
export async function until(wanted: Call, done: (answer: Answer) => boolean): Promise<Answer> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await call(wanted);
    if (done(answer)) return answer;
    if (performance.now() > deadline) {
      throw new Error(
        `${wanted.method} ${wanted.path}: ${answer.status} ${JSON.stringify(answer.body)}`,
      );
    }
    await setTimeout(100);
  }
}

/** Sent away undone, for want of room: whoever comes again is served. */
export const isBusy = ({ status, body }: Answer): boolean =>
  status === 503 && body?.code === 'busy';

/** That, or left to wait too long at the edge of a crowded machine. */
const isAway = (answer: Answer): boolean => answer.status === 408 || isBusy(answer);

/** Calls as a client does that is told to come again, for as long as it is patient. */
export async function served(wanted: Call, again = isAway): Promise<Answer> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await call(wanted);
    if (!again(answer) || performance.now() > deadline) return answer;
    await setTimeout(1_000 * Number(answer.headers['retry-after'] ?? 1));
  }
}

/** Calls and expects success. */
export async function ok(wanted: Call): Promise<Answer> {
  const answer = await served(wanted);
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(
    `${wanted.method} ${wanted.path}: ${answer.status} ${JSON.stringify(answer.body)}`,
  );
}
