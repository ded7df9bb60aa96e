/**
 * A small TCP proxy between a process and its server, whose faults are switched while it runs. On
 * Node alone: toxiproxy has more toxics, but is a Go program, and few machines could run it.
 */
import { createServer, type Server, type Socket, connect as toServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export type ProxyFault =
  /** Each answer comes later; what was sent first still comes first. */
  | { kind: 'latency'; latency_ms: number; jitter_ms: number }
  /** Nothing passes either way until it is healed; then all of it, as TCP would send it again. */
  | { kind: 'black_hole' }
  /** Every connection is reset, at once and whenever one comes. */
  | { kind: 'reset' }
  /** A connection is reset as soon as so many bytes of its answers have passed. */
  | { kind: 'limit_data'; bytes: number }
  /** Answers come in pieces of so many bytes. */
  | { kind: 'drip'; bytes: number; every_ms: number }
  /** Nobody listens; whoever was connected is cut. */
  | { kind: 'down' };

export interface TcpProxyOptions {
  target: { host: string; port: number };
  /** A free one where undefined. */
  port?: number | undefined;
  /** From 0 to 1, of the run's seed: it decides the jitter. */
  random: () => number;
}

export interface TcpProxy {
  port: number;
  /** Connections that are open now. */
  open(): number;
  set(fault: ProxyFault): Promise<void>;
  heal(): Promise<void>;
  close(): Promise<void>;
}

/** What may wait here for its time before the sender is held up, in bytes. */
const MAX_WAITING_BYTES = 1_048_576;

interface Link {
  client: Socket;
  server: Socket;
  /** Bytes of answers since the fault that counts them. */
  answered: number;
}

interface Weather {
  fault: ProxyFault | undefined;
  random: () => number;
  /** Pending while nothing may pass. */
  passable: Promise<void>;
}

const cut = ({ client, server }: Link) => {
  client.resetAndDestroy();
  server.resetAndDestroy();
};

function delayOf({ fault, random }: Weather): number {
  if (fault?.kind !== 'latency') return 0;
  return Math.max(0, fault.latency_ms + (2 * random() - 1) * fault.jitter_ms);
}

const written = (to: Socket, bytes: Buffer) =>
  new Promise<void>((resolve) => {
    // Also when the other side has gone: its end is told by its own event.
    to.write(bytes, () => resolve());
  });

/** Gives an answer's bytes to the client as the fault of the moment allows. */
async function answer(link: Link, bytes: Buffer, weather: Weather): Promise<void> {
  const { fault } = weather;
  if (fault?.kind === 'limit_data') {
    const left = fault.bytes - link.answered;
    link.answered += bytes.length;
    if (left > 0) await written(link.client, bytes.subarray(0, left));
    if (link.answered >= fault.bytes) cut(link);
    return;
  }
  if (fault?.kind === 'drip') {
    for (let at = 0; at < bytes.length && !link.client.destroyed; at += fault.bytes) {
      await written(link.client, bytes.subarray(at, at + fault.bytes));
      if (weather.fault === fault) await setTimeout(fault.every_ms);
    }
    return;
  }
  await written(link.client, bytes);
}

/** Carries one direction, in order, each piece at its time. */
function carry(link: Link, weather: Weather, answers: boolean): void {
  const [from, to] = answers ? [link.server, link.client] : [link.client, link.server];
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  from.on('data', (bytes: Buffer) => {
    const due = performance.now() + (answers ? delayOf(weather) : 0);
    waiting += bytes.length;
    if (waiting > MAX_WAITING_BYTES) from.pause();
    last = last.then(async () => {
      const early = due - performance.now();
      if (early > 0) await setTimeout(early);
      await weather.passable;
      if (to.destroyed) return;
      await (answers ? answer(link, bytes, weather) : written(to, bytes));
      waiting -= bytes.length;
      if (from.isPaused() && waiting <= MAX_WAITING_BYTES) from.resume();
    });
  });
  from.on('end', () => {
    last = last.then(async () => {
      await weather.passable;
      to.end();
    });
  });
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

/** Listens on the loopback address alone. */
export async function tcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const { target, random } = options;
  const links = new Set<Link>();
  const weather: Weather = { fault: undefined, random, passable: Promise.resolve() };
  let letPass = () => {};

  const accept = (client: Socket) => {
    if (weather.fault?.kind === 'reset') {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const server = toServer({ ...target, noDelay: true, allowHalfOpen: true });
    client.setNoDelay(true);
    const link = { client, server, answered: 0 };
    links.add(link);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      // An end in error is told to the other side as an end in error.
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => {
        if (client.destroyed && server.destroyed) links.delete(link);
      });
    }
    carry(link, weather, true);
    carry(link, weather, false);
  };

  const server = createServer({ allowHalfOpen: true }, accept);
  await listen(server, options.port ?? 0);
  const { port } = server.address() as { port: number };
  const stopListening = () =>
    new Promise<void>((resolve) => {
      if (!server.listening) return resolve();
      server.close(() => resolve());
      for (const link of links) cut(link);
    });

  const change = async (fault: ProxyFault | undefined) => {
    letPass();
    weather.fault = fault;
    weather.passable = Promise.resolve();
    for (const link of links) link.answered = 0;
    if (fault?.kind === 'black_hole') {
      const { promise, resolve } = Promise.withResolvers<void>();
      weather.passable = promise;
      letPass = resolve;
    }
    if (fault?.kind === 'reset') for (const link of links) cut(link);
    if (fault?.kind === 'down') await stopListening();
    else if (!server.listening) await listen(server, port);
  };

  return {
    port,
    open: () => links.size,
    set: change,
    heal: () => change(undefined),
    close: async () => {
      letPass();
      await stopListening();
    },
  };
}
