import type { Channel, ConsumeMessage } from 'amqplib';
import { cut, startLink, within } from './rabbitmq-link.ts';
import type { Message, Publisher } from './rabbitmq-publisher.ts';
import { DEAD, queueOf, RETRY } from './rabbitmq-topology.ts';
import type { Envelope } from './schema.ts';
import {
  backOffMs,
  type Consumer,
  errorText,
  type Failure,
  type LinkState,
  MAX_ATTEMPTS,
  type Transport,
} from './transport.ts';

/** Taken in together at most, and in a consumer's hands at most. */
const PREFETCH = 50;
const CANCEL_MS = 2_000;
/** How long a stopping consumer tries to put back what failed; else it comes again by itself. */
const LAST_PUT_BACKS_MS = 5_000;
const AGAIN_MS = 1_000;

/** Headers of ours: how often an event was tried, and why it failed last. */
export const ATTEMPTS = 'x-attempts';
export const ERROR = 'x-error';
export const FAILED_AT = 'x-failed-at';

type Take = Parameters<Transport['consume']>[1];

const attemptsOf = ({ properties }: ConsumeMessage): number =>
  Number(properties.headers?.[ATTEMPTS] ?? 0);

/** It was handed out before, and whoever had it gave no answer: he may have died of it. */
const isSuspect = ({ properties }: ConsumeMessage): boolean =>
  Number(properties.headers?.['x-delivery-count'] ?? 0) > 0;

/**
 * What is taken in together. A suspect is taken alone and in no order: whichever of them kills the
 * process, half of the others are acknowledged before it does, so that within the broker's limit
 * none of them comes near it.
 */
function nextBatch(waiting: ConsumeMessage[]): ConsumeMessage[] {
  const drawn = waiting[Math.floor(Math.random() * waiting.length)];
  if (drawn !== undefined && isSuspect(drawn)) {
    waiting.splice(waiting.indexOf(drawn), 1);
    return [drawn];
  }
  const batch = waiting.filter((message) => !isSuspect(message)).slice(0, PREFETCH);
  for (const message of batch) waiting.splice(waiting.indexOf(message), 1);
  return batch;
}

/** The message as it goes to wait, or aside when it has been tried often enough. */
function afterFailure(service: string, message: ConsumeMessage, failure: Failure): Message {
  const attempt = attemptsOf(message);
  const gives_up = failure.hopeless === true || attempt + 1 >= MAX_ATTEMPTS;
  const { messageId, type } = message.properties;
  return {
    exchange: gives_up ? DEAD : RETRY,
    key: gives_up ? service : `${service}.${backOffMs(attempt)}`,
    content: message.content,
    options: {
      persistent: true,
      mandatory: true,
      contentType: 'application/cloudevents+json',
      messageId: String(messageId ?? ''),
      ...(type === undefined ? {} : { type: String(type) }),
      headers: {
        [ATTEMPTS]: attempt + 1,
        [ERROR]: errorText(failure.error),
        [FAILED_AT]: new Date().toISOString(),
      },
    },
  };
}

function parsed(message: ConsumeMessage): { event: Envelope } | { error: unknown } {
  try {
    const event: unknown = JSON.parse(message.content.toString('utf8'));
    if (typeof event === 'object' && event !== null) return { event: event as Envelope };
    return { error: new Error('It is JSON, and no event.') };
  } catch (error) {
    return { error };
  }
}

interface Handling {
  service: string;
  take: Take;
  publisher: Publisher;
}

/** Takes in what one channel delivers, until the channel is gone. */
class Intake {
  private readonly waiting: ConsumeMessage[] = [];
  private readonly putting_back = new Set<Promise<void>>();
  private working: Promise<void> | undefined;
  private is_over = false;
  private is_stopping = false;
  private readonly channel: Channel;
  private readonly handling: Handling;

  constructor(channel: Channel, handling: Handling) {
    this.channel = channel;
    this.handling = handling;
  }

  deliver(message: ConsumeMessage): void {
    this.waiting.push(message);
    this.working ??= this.work().finally(() => {
      this.working = undefined;
    });
  }

  /** The broker gives the rest to somebody else. */
  abandon(): void {
    this.is_over = true;
    this.waiting.length = 0;
  }

  /** Resolves when all that has come is taken in, or put back. */
  async finish(): Promise<void> {
    this.is_stopping = true;
    await this.working;
    await within(LAST_PUT_BACKS_MS, 'take back', Promise.all(this.putting_back)).catch(
      () => undefined,
    );
    this.is_over = true;
  }

  private async work(): Promise<void> {
    // Gathers what arrives in the same moment.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) await this.takeIn(nextBatch(this.waiting));
  }

  private async takeIn(batch: ConsumeMessage[]): Promise<void> {
    const messages = new Map<unknown, ConsumeMessage>();
    for (const message of batch) {
      const read = parsed(message);
      if ('event' in read) messages.set(read.event, message);
      else this.putBack(message, { event: {} as Envelope, error: read.error, hopeless: true });
    }
    const failures = await this.take([...messages.keys()] as Envelope[]);
    if (failures === undefined) return;
    const failed = new Map(failures.map((failure) => [failure.event as unknown, failure]));
    for (const [event, message] of messages) {
      const failure = failed.get(event);
      if (failure === undefined) this.acknowledge(message);
      else this.putBack(message, failure);
    }
    if (batch.some(isSuspect)) await this.answersAreOut();
  }

  /**
   * An outage is no attempt: they stay in our hands until the database is back. Undefined when we
   * end before that; the broker then gives them to somebody else.
   */
  private async take(events: Envelope[]): Promise<Failure[] | undefined> {
    while (!this.is_over) {
      try {
        return await this.handling.take(events);
      } catch {
        if (this.is_stopping) return undefined;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    return undefined;
  }

  /**
   * Any question that the broker answers: it has then seen our acknowledgements. Otherwise the one
   * before an event that kills us would die with us each time.
   */
  private async answersAreOut(): Promise<void> {
    await this.channel.prefetch(PREFETCH).catch(() => undefined);
  }

  private acknowledge(message: ConsumeMessage): void {
    try {
      this.channel.ack(message);
    } catch {
      // The channel is gone: it comes again, and the inbox knows it.
    }
  }

  /** Acknowledged only when it is safe elsewhere; meanwhile the others go on. */
  private putBack(message: ConsumeMessage, failure: Failure): void {
    const work = this.tryPutBack(message, failure).finally(() => this.putting_back.delete(work));
    this.putting_back.add(work);
  }

  private async tryPutBack(message: ConsumeMessage, failure: Failure): Promise<void> {
    const { service, publisher } = this.handling;
    while (!this.is_over) {
      try {
        await publisher.send([afterFailure(service, message, failure)]);
        this.acknowledge(message);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }
}

export interface RabbitConsumerOptions extends Handling {
  url: string;
  name: string;
  onState: (state: LinkState) => void;
}

/** Listens to the service's queue over a connection of its own, from now on and after each loss. */
export function startRabbitConsumer(options: RabbitConsumerOptions): Consumer {
  let listening: { channel: Channel; intake: Intake; tag: string } | undefined;
  let stopped = false;

  const link = startLink({
    ...options,
    setUp: async (model) => {
      if (stopped) return;
      const channel = await model.createChannel();
      channel.on('error', (error: Error) => cut(model, error));
      await channel.prefetch(PREFETCH);
      const intake = new Intake(channel, options);
      const { consumerTag: tag } = await channel.consume(queueOf(options.service), (message) => {
        // The queue was deleted: whoever publishes declares it anew, and we come back to it.
        if (message === null) cut(model, new Error('RabbitMQ has ended the consumer.'));
        else intake.deliver(message);
      });
      listening = { channel, intake, tag };
    },
    onDown: () => {
      listening?.intake.abandon();
      listening = undefined;
    },
  });

  return {
    stop: async () => {
      stopped = true;
      if (listening !== undefined) {
        const { channel, intake, tag } = listening;
        const cancelled = channel.cancel(tag).catch(() => undefined);
        await within(CANCEL_MS, 'cancel', cancelled).catch(() => undefined);
        await intake.finish();
      }
      await link.stop();
    },
  };
}
