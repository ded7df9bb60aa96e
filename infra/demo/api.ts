import { setTimeout } from 'node:timers/promises';

export type Json = Record<string, unknown> & { id: string };

/** The platform as the demo's people use it: through the gateway alone. */
export interface Api {
  get(path: string): Promise<Json>;
  put(path: string, body: object): Promise<Json>;
  /** Under a key: run again, it repeats nothing. */
  post(path: string, key: string, body?: object): Promise<Json>;
  /** Asks until the answer is as it should be: what comes by event takes a moment. */
  until(path: string, done: (answer: Json) => boolean): Promise<Json>;
}

const PATIENCE_MS = 30_000;

async function answerOf(response: Response, what: string): Promise<Json> {
  const body = (await response.json()) as Json;
  if (response.ok) return body;
  throw new Error(`${what} answered ${response.status}: ${JSON.stringify(body)}`);
}

export function api(base: string, token?: string): Api {
  const call = async (method: string, path: string, body?: object, key?: string) => {
    const headers = new Headers({ 'content-type': 'application/json' });
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    if (key !== undefined) headers.set('idempotency-key', `demo ${key}`);
    const text = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(new URL(path, base), { method, headers, body: text });
    return answerOf(response, `${method} ${path}`);
  };
  const get = (path: string) => call('GET', path);
  return {
    get,
    put: (path, body) => call('PUT', path, body),
    post: (path, key, body) => call('POST', path, body, key),
    until: async (path, done) => {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        const answer = await get(path);
        if (done(answer)) return answer;
        if (performance.now() > deadline)
          throw new Error(`${path} does not become what it should.`);
        await setTimeout(50);
      }
    },
  };
}
