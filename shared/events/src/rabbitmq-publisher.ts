import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { cut, type Link, startLink, TooLate, within } from './rabbitmq-link.ts';
import { deadQueueOf, declareTopology, EVENTS, type Topology } from './rabbitmq-topology.ts';
import type { Envelope } from './schema.ts';
import type { LinkState } from './transport.ts';

/**
 * As long as a relay waits for its confirms. It holds a transaction, its rows and its process' one
 * connection for the sweeps meanwhile; healthy brokers confirm within milliseconds.
 */
const CONFIRM_MS = 5_000;

export interface Message {
  exchange: string;
  key: string;
  content: Buffer;
  options: Options.Publish & { messageId: string };
}

export interface Publisher {
  /** Resolves when the broker has written them down. */
  publish(events: Envelope[]): Promise<void>;
  /** The same for any messages; one that reaches no queue is an error. */
  send(messages: Message[]): Promise<void>;
  /** How many of a service's events were given up; none where it reads nothing. */
  countDead(service: string): Promise<number>;
  stop(): Promise<void>;
}

export interface PublisherOptions {
  url: string;
  name: string;
  topology: () => Promise<Topology>;
  onState: (state: LinkState) => void;
}

/** One connection's channels, and what the broker says about it. */
interface Open {
  model: ChannelModel;
  channel: ConfirmChannel;
  /** Ids of messages that found no queue. */
  returned: Set<string>;
  /** Rejects with the reason as soon as the broker takes nothing for now. */
  whileFlowing: <T>(work: Promise<T>) => Promise<T>;
}

/** Fails what waits when the broker blocks the connection, and at once what comes until it ends. */
function watchFlow(model: ChannelModel): Open['whileFlowing'] {
  let reason: string | undefined;
  const waiting = new Set<(error: Error) => void>();
  const blocked = () => new Error(`RabbitMQ takes no messages now: ${reason}`);
  model.on('blocked', (why: string) => {
    reason = why;
    for (const reject of waiting) reject(blocked());
  });
  model.on('unblocked', () => {
    reason = undefined;
  });
  return async (work) => {
    work.catch(() => undefined);
    if (reason !== undefined) throw blocked();
    let fail: (error: Error) => void = () => undefined;
    const stopped = new Promise<never>((_, reject) => {
      fail = reject;
    });
    waiting.add(fail);
    return Promise.race([work, stopped]).finally(() => waiting.delete(fail));
  };
}

const confirmed = (channel: ConfirmChannel, { exchange, key, content, options }: Message) =>
  new Promise<void>((resolve, reject) => {
    channel.publish(exchange, key, content, options, (error: unknown) => {
      if (error === null) resolve();
      else reject(error ?? new Error('RabbitMQ refused a message.'));
    });
  });

/** Sends, and answers the ids of those that found no queue. */
async function sendAll(open: Open, messages: Message[]): Promise<Message[]> {
  const all = async () => {
    await Promise.all(messages.map((message) => confirmed(open.channel, message)));
  };
  const { model, returned, whileFlowing } = open;
  await whileFlowing(Promise.resolve());
  await within(CONFIRM_MS, 'confirm', whileFlowing(all())).catch((error: Error) => {
    // Nobody knows any more what it has: the next batch gets a connection without a past. One that
    // is blocked says so by itself, and goes on.
    if (error instanceof TooLate) cut(model, error);
    throw error;
  });
  return messages.filter(({ options: { messageId } }) => returned.delete(messageId));
}

async function prepare(model: ChannelModel, topology: Topology): Promise<Open> {
  const channel = await model.createConfirmChannel();
  const returned = new Set<string>();
  // Comes before the confirm of the same message.
  channel.on('return', ({ properties }) => returned.add(String(properties.messageId)));
  // A channel that the broker closes is of no use: so is its connection.
  channel.on('error', (error: Error) => cut(model, error));
  const open = { model, channel, returned, whileFlowing: watchFlow(model) };
  await declare(open, topology);
  return open;
}

/** On a channel of its own, which the broker closes where it refuses. */
async function declare({ model }: Pick<Open, 'model'>, topology: Topology): Promise<void> {
  const channel = await model.createChannel();
  let refused: Error | undefined;
  channel.on('error', (error: Error) => {
    refused = error;
  });
  await declareTopology(channel, topology).catch((error: Error) => {
    throw refused ?? error;
  });
  await channel.close();
}

const PERSISTENT = { persistent: true, contentType: 'application/cloudevents+json' };

const toMessage = (event: Envelope, mandatory: boolean): Message => ({
  exchange: EVENTS,
  key: event.type,
  content: Buffer.from(JSON.stringify(event)),
  options: { ...PERSISTENT, mandatory, messageId: event.id, type: event.type },
});

/** Publishes over a connection of its own: a broker that blocks it must still get acks. */
export function startPublisher(options: PublisherOptions): Publisher {
  let known: Topology = { reads: [], unbound: [] };
  let open: Open | undefined;

  /** As it stands now, or as it stood where that can't be asked. */
  const refresh = async () => {
    const read = await options.topology().catch((error: unknown) => {
      if (known.reads.length === 0) throw error;
      return known;
    });
    known = read;
    return read;
  };

  const link: Link = startLink({
    ...options,
    setUp: async (model) => {
      open = await prepare(model, await refresh());
    },
    onDown: () => {
      open = undefined;
    },
  });

  const now = (): Open => {
    if (open === undefined) throw new Error('RabbitMQ is away.');
    return open;
  };

  const send = async (messages: Message[]) => {
    const at = now();
    const homeless = await sendAll(at, messages);
    if (homeless.length === 0) return;
    // A queue or a binding was taken away under us.
    await within(CONFIRM_MS, 'declare', declare(at, await refresh()));
    const [still] = await sendAll(at, homeless);
    if (still !== undefined) throw new Error(`No queue takes ${still.key}.`);
  };

  return {
    send,
    publish: (events) => {
      const read = new Set(known.reads.map(({ type }) => type));
      // What nobody reads is confirmed, and gone.
      return send(events.map((event) => toMessage(event, read.has(event.type))));
    },
    countDead: async (service) => {
      const { model } = now();
      if (!known.reads.some(({ queue }) => queue === service)) return 0;
      const channel = await model.createChannel();
      channel.on('error', () => undefined);
      const { messageCount } = await channel.checkQueue(deadQueueOf(service));
      await channel.close();
      return messageCount;
    },
    stop: () => link.stop(),
  };
}
