import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';

/** What integration tests run on in place of the embedded servers. */
export interface ServerContainers {
  /** The address of Postgres, as its superuser, who needs no password. */
  postgres_url: string;
  rabbitmq_url: string;
  stop(): Promise<void>;
}

const START_MS = 120_000;

/** Why there can be no containers, or undefined where an engine answers. */
export async function engineMissing(): Promise<string | undefined> {
  return promisify(execFile)('docker', ['version'], { timeout: 10_000 }).then(
    () => undefined,
    () => 'no container engine answers',
  );
}

const portOf = (container: StartedTestContainer, port: number) =>
  `${container.getHost()}:${container.getMappedPort(port)}`;

/** Of the images that docker-compose.yml names. Their data goes with them. */
export async function startServerContainers(): Promise<ServerContainers> {
  const postgres = new GenericContainer('postgres:18')
    .withEnvironment({
      POSTGRES_HOST_AUTH_METHOD: 'trust',
      POSTGRES_INITDB_ARGS: '--locale=C --locale-provider=builtin --builtin-locale=C.UTF-8',
    })
    .withCommand(['postgres', '-c', 'max_connections=300', '-c', 'fsync=off'])
    .withTmpFs({ '/var/lib/postgresql': 'rw,mode=1777' })
    .withExposedPorts(5432)
    // While it makes its data it takes no connection by TCP.
    .withWaitStrategy(Wait.forListeningPorts().withStartupTimeout(START_MS));
  const rabbitmq = new GenericContainer('rabbitmq:4')
    .withExposedPorts(5672)
    .withWaitStrategy(
      Wait.forLogMessage(/completed with \d+ plugins/).withStartupTimeout(START_MS),
    );
  const started = await Promise.all([postgres.start(), rabbitmq.start()]);
  const [database, broker] = started;
  return {
    postgres_url: `postgres://postgres@${portOf(database, 5432)}`,
    rabbitmq_url: `amqp://guest:guest@${portOf(broker, 5672)}`,
    stop: async () => {
      await Promise.all(started.map((container) => container.stop()));
    },
  };
}
