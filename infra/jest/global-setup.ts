import { prepareTemplate } from '../database/template.ts';
import { startTestServer } from '../postgres/test-server.ts';
import { containers } from './containers.ts';

/** Postgres and RabbitMQ in containers, for tests that else run on the embedded ones. */
async function startContainers(): Promise<void> {
  // Half a second that a run without containers has no need of.
  const { engineMissing, startServerContainers } = await import('@roundhouse/testing/containers');
  const missing = await engineMissing();
  if (missing !== undefined) throw new Error(`TEST_SERVERS=containers: ${missing}.`);
  containers.started = await startServerContainers();
  const { postgres_url, rabbitmq_url } = containers.started;
  process.env.ROUNDHOUSE_TEST_SERVER = postgres_url;
  process.env.ROUNDHOUSE_TEST_RABBITMQ = rabbitmq_url;
  process.env.ROUNDHOUSE_TEST_TEMPLATE = await prepareTemplate(postgres_url);
}

export default async (): Promise<void> =>
  process.env.TEST_SERVERS === 'containers' ? startContainers() : startTestServer();
