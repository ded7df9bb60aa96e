/** One request of a load, by `node:http`: `fetch` would cost the machine twice as much. */
import { type Agent, type ClientRequest, request } from 'node:http';

export interface Shot {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** In place of a status: the connection broke, or nobody was there. */
const NO_ANSWER = 0;

export interface Target {
  agent: Agent;
  base: URL;
  /** The local address to call from: limits at the edge count by address. */
  localAddress?: string | undefined;
}

/** The server may close an idle connection at the moment that we use it, as browsers know. */
const closedMeanwhile = (sent: ClientRequest, error: NodeJS.ErrnoException) =>
  sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

/** The status, with the body where it is asked for. */
export function fire(target: Target, shot: Shot, heard?: (body: string) => void): Promise<number> {
  return new Promise((resolve) => {
    const body = shot.body === undefined ? undefined : Buffer.from(shot.body);
    const headers: Record<string, string> = { ...shot.headers };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = String(body.length);
    }
    const { agent, base, localAddress } = target;
    const { hostname: host, port } = base;
    const options = { agent, host, port, method: shot.method, path: shot.path, headers };
    const from = localAddress === undefined ? {} : { localAddress };
    const sent = request({ ...options, ...from }, (response) => {
      const chunks: Buffer[] = [];
      if (heard === undefined) response.resume();
      else response.on('data', (chunk) => chunks.push(chunk));
      response.once('end', () => {
        heard?.(Buffer.concat(chunks).toString());
        resolve(response.statusCode ?? NO_ANSWER);
      });
      response.once('error', () => resolve(NO_ANSWER));
    });
    sent.once('error', (error) =>
      resolve(closedMeanwhile(sent, error) ? fire(target, shot, heard) : NO_ANSWER),
    );
    sent.end(body);
  });
}

/** How many answers had which status. */
export type Statuses = Map<number, number>;

export const tally = (statuses: Statuses, status: number): void => {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
};
