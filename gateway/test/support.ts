import { createServer, type RequestListener, type Server } from 'node:http';
import {
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import type { Logger } from '@roundhouse/service/log';
import { stringify } from 'yaml';
import { claimPort } from '../conformance/ports.ts';
import { createGateway, type GatewayOptions } from '../src/gateway.ts';

const HOST = '127.0.0.1';

/** Things that a test started, to be stopped in the end, the last one first. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.unshift(step);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0)) await step();
  }
}

function listen(server: TcpServer | Server): Promise<number> {
  return claimPort(
    (port) =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, HOST, () => {
          server.off('error', reject);
          resolve();
        });
      }),
  );
}

/** A service that speaks HTTP. */
export async function startService(cleanup: Cleanup, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  cleanup.add(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

/** A service that may do anything with its connections. */
export async function startRawService(
  cleanup: Cleanup,
  onConnection: (socket: Socket) => void,
): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  cleanup.add(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server);
}

/** Everything that is logged, as text. */
export function recordingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = (message: string, fields: object) => {
    const told = (_: string, value: unknown) => (Error.isError(value) ? String(value) : value);
    lines.push(`${message} ${JSON.stringify(fields, told)}`);
  };
  const logger = { debug: log, info: log, warn: log, error: log, isDebugEnabled: () => true };
  return { logger: logger as unknown as Logger, lines };
}

/** A kong.yml with one service behind /s, and whatever the test changes about it. */
export function oneService(service: object = {}, more: object = {}): string {
  return stringify({
    _format_version: '3.0',
    services: [
      {
        name: 'service',
        url: 'http://service:3000',
        retries: 1,
        connect_timeout: 2000,
        routes: [{ name: 'route', paths: ['/s'] }],
        ...service,
      },
    ],
    ...more,
  });
}

/** A gateway whose `service:3000` stands on the given port, or on several. */
export async function startGateway(
  cleanup: Cleanup,
  servicePort: number | readonly number[],
  options: Partial<GatewayOptions> = {},
): Promise<number> {
  const gateway = createGateway({
    config: oneService(),
    upstreams: new Map([['service:3000', [servicePort].flat().map((port) => `${HOST}:${port}`)]]),
    logger: recordingLogger().logger,
    ...options,
  });
  cleanup.add(() => gateway.close());
  return claimPort((port) => gateway.listen(port, HOST));
}

/** Sends bytes and gives all that comes until the other side closes. */
export function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, HOST, () => socket.write(bytes, 'latin1'));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(received));
  });
}

/** Comes true, or fails after ten seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`It never happened: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
