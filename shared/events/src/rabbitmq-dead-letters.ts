import { createHash } from 'node:crypto';
import type { Channel, ChannelModel, GetMessage } from 'amqplib';
import {
  type DeadLetter,
  type DeadLetters,
  factsOf,
  isSelected,
  type Selection,
} from './dead-letters.ts';
import { ATTEMPTS, ERROR, FAILED_AT } from './rabbitmq-consumer.ts';
import { openConnection, within } from './rabbitmq-link.ts';
import { deadQueueOf, QUEUES } from './rabbitmq-topology.ts';

const CONFIRM_MS = 10_000;

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return content.toString('utf8');
  }
}

/** Seconds since 1970, as RabbitMQ writes the time of a death. */
interface Death {
  time?: { value?: number };
  reason?: string;
}

/** What the broker itself has given up was handed out until its limit, and nobody answered. */
function fateOf({ properties }: GetMessage): Pick<DeadLetter, 'error' | 'attempts' | 'failed_at'> {
  const headers = properties.headers ?? {};
  const [death] = (headers['x-death'] ?? []) as Death[];
  const own = headers[FAILED_AT];
  if (own !== undefined && death?.reason !== 'delivery_limit') {
    const attempts = Number(headers[ATTEMPTS]);
    return { error: String(headers[ERROR]), attempts, failed_at: String(own) };
  }
  const seconds = death?.time?.value;
  return {
    error: 'Whoever had it ended without an answer, until the limit of deliveries.',
    attempts: Number(headers[ATTEMPTS] ?? 0),
    failed_at: seconds === undefined ? '' : new Date(seconds * 1_000).toISOString(),
  };
}

function toLetter(queue: string, message: GetMessage): DeadLetter {
  const event = parsed(message.content);
  const { id } = (event ?? {}) as { id?: unknown };
  const hash = () => createHash('sha256').update(message.content).digest('hex').slice(0, 32);
  return {
    id: typeof id === 'string' ? id : hash(),
    queue,
    ...fateOf(message),
    ...factsOf(event),
  };
}

/**
 * Goes through a queue of dead letters. What is not acknowledged is back in its place when the
 * channel is closed, by us or by our end.
 */
async function walk(
  model: ChannelModel,
  queue: string,
  visit: (letter: DeadLetter, message: GetMessage, channel: Channel) => Promise<void>,
): Promise<void> {
  const channel = await model.createChannel();
  try {
    for (;;) {
      const message = await channel.get(deadQueueOf(queue));
      if (message === false) return;
      await visit(toLetter(queue, message), message, channel);
    }
  } finally {
    await channel.close().catch(() => undefined);
  }
}

async function sendBack(model: ChannelModel, queue: string, message: GetMessage): Promise<void> {
  const channel = await model.createConfirmChannel();
  let is_homeless = false;
  channel.on('return', () => {
    is_homeless = true;
  });
  const { contentType, messageId, type } = message.properties;
  channel.publish(QUEUES, `${queue}.replayed`, message.content, {
    ...{ persistent: true, mandatory: true },
    ...Object.fromEntries(
      Object.entries({ contentType, messageId, type }).filter(([, value]) => value !== undefined),
    ),
  });
  await within(CONFIRM_MS, 'confirm', channel.waitForConfirms());
  await channel.close();
  if (is_homeless) throw new Error(`There is no queue of ${queue}.`);
}

/** Dead letters of the services named, in their queues at the broker. */
export async function rabbitmqDeadLetters(url: string, services: string[]): Promise<DeadLetters> {
  const model = await openConnection(url, 'dead letters');
  model.on('error', () => undefined);

  const selected = async (
    which: Selection,
    act: (letter: DeadLetter, message: GetMessage) => Promise<void>,
  ) => {
    const done: DeadLetter[] = [];
    for (const queue of services) {
      await walk(model, queue, async (letter, message, channel) => {
        if (!isSelected(which, letter)) return;
        await act(letter, message);
        channel.ack(message);
        done.push(letter);
      });
    }
    return done;
  };

  return {
    list: async (queue) => {
      const found: DeadLetter[] = [];
      const named = services.filter((service) => queue === undefined || service === queue);
      for (const service of named) {
        await walk(model, service, async (letter) => {
          found.push(letter);
        });
      }
      return found;
    },
    // Acknowledged here only when it is safe there; attempts are not taken along.
    replay: (which) => selected(which, (letter, message) => sendBack(model, letter.queue, message)),
    drop: (which) => selected(which, async () => undefined),
    close: () => model.close(),
  };
}
