/** The RabbitMQ that end-to-end suites run on: the one of RABBITMQ_URL, or one of our own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../infra/launcher/ports.ts';
import { rabbitMissing, rabbitServer } from '../infra/rabbitmq/server.ts';

export interface Broker {
  /** What the platform and the suites are told of it. */
  environment: Record<string, string>;
  stop: () => Promise<void>;
}

/** Answers why there is none, where that is so. */
export async function startBroker(): Promise<Broker | string> {
  const { RABBITMQ_URL } = process.env;
  if (RABBITMQ_URL !== undefined) return { environment: { RABBITMQ_URL }, stop: async () => {} };
  const home = mkdtempSync(join(tmpdir(), 'roundhouse-rabbit-'));
  const broker = rabbitServer({ home, port: await freePorts()() });
  if (broker === undefined) return String(rabbitMissing);
  await broker.start();
  return {
    // Suites take it away by its process.
    environment: { RABBITMQ_URL: broker.url, RABBITMQ_PID: String(broker.pid) },
    stop: async () => {
      await broker.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
