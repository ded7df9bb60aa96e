import { randomInt } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';

const MAX_BODY_BYTES = 1_000_000;

/** The body as text; undefined when it is larger than any honest request. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Listens and answers the port. Without one it takes a free one below 32768: above,
 * a client that retries while we restart can be given our port as its own, and keep it.
 */
export async function listenOn(
  server: Server,
  port: number | undefined,
  host = '127.0.0.1',
): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    const wanted = port ?? randomInt(20_000, 32_768);
    try {
      await listen(server, wanted, host);
      return wanted;
    } catch (error) {
      if (port !== undefined || tries === 50) throw error;
    }
  }
}

/** Stops taking requests and drops what still waits; answers under way are synchronous. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}
