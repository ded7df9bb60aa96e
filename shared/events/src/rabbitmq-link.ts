import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import type { LinkState } from './transport.ts';

/** A broker that answers nothing for twice this long is taken for gone. */
const HEARTBEAT_S = 5;
/** For the greeting, and again for what is set up after it. */
const CONNECT_MS = 10_000;
const CLOSE_MS = 2_000;
const FIRST_AGAIN_MS = 100;
const LAST_AGAIN_MS = 3_000;

export interface LinkOptions {
  url: string;
  /** What the broker shows of this connection. */
  name: string;
  /** Prepares what the connection is for; when it throws, the connection is made anew. */
  setUp: (model: ChannelModel) => Promise<void>;
  /** What was set up is gone; told once for each `setUp` that was begun. */
  onDown: () => void;
  /** Told when the broker can't be reached any more, and when it can again. */
  onState: (state: LinkState) => void;
}

export interface Link {
  stop(): Promise<void>;
}

/** The broker has not answered in time, and nobody knows what it has done. */
export class TooLate extends Error {}

/** The work, or an error after `ms`: a frozen broker answers nothing and closes nothing. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = pause(ms, undefined, { signal: over.signal }).then(() => {
    throw new TooLate(`RabbitMQ did not ${what} within ${ms} ms.`);
  });
  late.catch(() => undefined);
  return Promise.race([work, late]).finally(() => over.abort());
}

/** Ends a connection without a word, which a frozen broker would not answer. */
export function cut(model: ChannelModel, error: Error): void {
  (model.connection as unknown as { stream: Socket }).stream.destroy(error);
}

/** One connection, with the heartbeat that finds out about a frozen broker. */
export async function openConnection(url: string, name: string): Promise<ChannelModel> {
  const { default: amqplib } = await import('amqplib');
  const address = new URL(url);
  address.searchParams.set('heartbeat', String(HEARTBEAT_S));
  return amqplib.connect(address.href, {
    timeout: CONNECT_MS,
    noDelay: true,
    clientProperties: { connection_name: name },
  });
}

/** Keeps one connection to the broker, made anew with a growing pause whenever it is lost. */
export function startLink(options: LinkOptions): Link {
  const { setUp, onDown, onState } = options;
  const stopping = new AbortController();
  let model: ChannelModel | undefined;
  let told: boolean | undefined;

  const tell = (state: LinkState) => {
    if (told === state.is_up || stopping.signal.aborted) return;
    told = state.is_up;
    onState(state);
  };

  /** Resolves when the connection is lost again; answers whether it had worked. */
  const hold = async (): Promise<boolean> => {
    const opened = await openConnection(options.url, options.name);
    let failure: unknown;
    const closed = new Promise<void>((resolve) => {
      opened.on('error', (error) => {
        failure ??= error;
      });
      opened.on('close', (error) => {
        failure ??= error;
        resolve();
      });
    });
    if (stopping.signal.aborted) cut(opened, new Error('stopped'));
    model = opened;
    let worked = false;
    try {
      await within(CONNECT_MS, 'prepare', Promise.race([setUp(opened), closed]));
      if (failure !== undefined) throw failure;
      worked = true;
      tell({ is_up: true });
      await closed;
    } catch (error) {
      failure ??= error;
    }
    model = undefined;
    onDown();
    cut(opened, new Error('given up'));
    tell({ is_up: false, error: failure });
    return worked;
  };

  const run = async () => {
    let again_ms = FIRST_AGAIN_MS;
    while (!stopping.signal.aborted) {
      const worked = await hold().catch((error: unknown) => {
        tell({ is_up: false, error });
        return false;
      });
      again_ms = worked ? FIRST_AGAIN_MS : Math.min(again_ms * 2, LAST_AGAIN_MS);
      // Not all processes at the same moment.
      const wait_ms = again_ms * (0.75 + Math.random() / 2);
      await pause(wait_ms, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const ended = run();

  return {
    stop: async () => {
      stopping.abort();
      const open = model;
      if (open !== undefined) {
        const closing = open.close().catch(() => undefined);
        await within(CLOSE_MS, 'close', closing).catch((error: Error) => cut(open, error));
      }
      await ended;
    },
  };
}
