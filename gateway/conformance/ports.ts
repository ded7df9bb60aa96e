import { createServer } from 'node:net';

/** Below the ephemeral ports: above, a client's own port may be what seemed free. */
const LAST_PORT = 32_767;
let next = 20_500 + (process.pid % 300) * 40;

function inUse(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
}

/** Lets `listen` try one port after another until it has one, and says which. */
export async function claimPort(listen: (port: number) => Promise<unknown>): Promise<number> {
  while (next < LAST_PORT) {
    const port = next++;
    try {
      await listen(port);
      return port;
    } catch (error) {
      if (!inUse(error)) throw error;
    }
  }
  throw new Error(`There is no free port up to ${LAST_PORT}.`);
}

/** A port on which nobody listens. */
export function findFreePort(): Promise<number> {
  return claimPort(
    (port) =>
      new Promise<void>((resolve, reject) => {
        const server = createServer();
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
      }),
  );
}
