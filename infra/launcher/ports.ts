import { createServer } from 'node:net';

/** Below the ephemeral range: there a client's own socket may take a port while we restart. */
const FIRST = 20_000;
const LAST = 31_999;

export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  await new Promise((resolve) => server.close(resolve));
  return free;
}

/** A source of free ports; each is given once, and those in `kept` never. */
export function freePorts(kept: readonly number[] = []): () => Promise<number> {
  // From a random place, so that two launchers at once seldom try the same ones.
  let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));
  return async () => {
    for (let tries = 0; tries < LAST - FIRST; tries += 1) {
      next = next === LAST ? FIRST : next + 1;
      if (!kept.includes(next) && (await isFree(next))) return next;
    }
    throw new Error('No port is free.');
  };
}
