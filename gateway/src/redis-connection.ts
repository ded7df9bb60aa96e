import { setTimeout as pause } from 'node:timers/promises';
import { createClient, ErrorReply } from '@redis/client';
import type { Logger } from '@roundhouse/service/log';
import type { PluginConfig } from './plugin-schemas.ts';

export type RedisConfig = NonNullable<PluginConfig<'rate-limiting'>['redis']>;

type Client = ReturnType<typeof newClient>;

const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 2_000;

/**
 * Kong's script for one key, for several in one round trip: counts, and answers what was counted
 * before. A key is as old as its window at most.
 */
const COUNT = `
local before = {}
for i, key in ipairs(KEYS) do
  local count = redis.call('INCR', key)
  if count == 1 then redis.call('EXPIRE', key, ARGV[i]) end
  before[i] = count - 1
end
return before`;

function newClient(config: RedisConfig) {
  const { host, port, username, password, database, timeout, ssl, ssl_verify, server_name } =
    config;
  const address = { host, port, connectTimeout: timeout, reconnectStrategy: false as const };
  const tls = {
    tls: true as const,
    rejectUnauthorized: ssl_verify,
    servername: server_name ?? host,
  };
  return createClient({
    socket: ssl ? { ...address, ...tls } : address,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
  });
}

async function within<Value>(work: Promise<Value>, milliseconds: number): Promise<Value> {
  const timer = Promise.withResolvers<never>();
  const late = () => timer.reject(new Error(`No answer within ${milliseconds} ms`));
  const timeout = setTimeout(late, milliseconds);
  try {
    return await Promise.race([work, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

/**
 * A connection that comes back by itself. While it is lost nobody waits for it: a request fails at
 * once, and whether it then passes is the plugin's matter. Only those that were under way when
 * Redis fell silent have waited, for `timeout`.
 */
export class RedisConnection {
  readonly #config: RedisConfig;
  readonly #logger: Logger;
  readonly #firstTry: Promise<void>;
  #client: Client | undefined;
  #lost = 0;
  #refuses = false;
  #closed = false;

  constructor(config: RedisConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#firstTry = this.#try();
  }

  /** Counts under each key and answers the counts before; `seconds` is how long each key lives. */
  async count(keys: string[], seconds: number[]): Promise<number[]> {
    if (this.#client === undefined) await this.#firstTry;
    const client = this.#client;
    if (client === undefined) {
      this.#lost++;
      throw new Error('Redis is out of reach');
    }
    const work = client.eval(COUNT, { keys, arguments: seconds.map(String) });
    try {
      const before = (await within(work, this.#config.timeout)) as number[];
      this.#refuses = false;
      return before;
    } catch (error) {
      this.#lost++;
      if (error instanceof ErrorReply) this.#tellRefusal(error);
      else this.#drop(client, error as Error);
      throw error;
    }
  }

  /** It is there and does not do it: out of memory, read-only, not permitted. */
  #tellRefusal(cause: Error): void {
    if (this.#refuses) return;
    this.#refuses = true;
    const { host, port } = this.#config;
    const message = 'Redis refuses to count: limits that tolerate it are not kept.';
    this.#logger.error(message, { event: 'redis_refuses', host, port, cause });
  }

  /** Lets what was asked be answered. */
  close(): void {
    this.#closed = true;
    const client = this.#client;
    this.#client = undefined;
    client?.close().catch(() => client.destroy());
  }

  /** Connects, or begins to try again and again; comes to its end after the first time. */
  async #try(): Promise<void> {
    const error = await this.#connect();
    if (error !== undefined) this.#tell(error);
  }

  async #connect(): Promise<Error | undefined> {
    const client = newClient(this.#config);
    client.on('error', (error: Error) => this.#drop(client, error));
    try {
      await within(client.connect(), this.#config.timeout);
      if (this.#closed) client.destroy();
      else this.#client = client;
      return undefined;
    } catch (error) {
      client.destroy();
      return error as Error;
    }
  }

  #drop(client: Client, error: Error): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.destroy();
    this.#tell(error);
  }

  #tell(cause: Error): void {
    const { host, port } = this.#config;
    const message = 'Redis is out of reach: limits that tolerate it are not kept.';
    this.#logger.error(message, { event: 'redis_lost', host, port, cause });
    void this.#return();
  }

  async #return(): Promise<void> {
    let wait = FIRST_PAUSE_MS;
    while (!this.#closed) {
      await pause(wait, undefined, { ref: false });
      wait = Math.min(wait * 2, LAST_PAUSE_MS);
      if (this.#closed || (await this.#connect()) !== undefined) continue;
      const { host, port } = this.#config;
      const uncounted = this.#lost;
      this.#lost = 0;
      this.#logger.info('Redis is back.', { event: 'redis_back', host, port, uncounted });
      return;
    }
  }
}

/** The connections of a configuration; those that the next one needs too go over to it. */
export class RedisConnections {
  readonly #logger: Logger;
  readonly #open = new Map<string, RedisConnection>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  of(config: RedisConfig): RedisConnection {
    const key = JSON.stringify(config);
    const connection = this.#open.get(key) ?? new RedisConnection(config, this.#logger);
    this.#open.set(key, connection);
    return connection;
  }

  /** Closes those that nobody needs any more. */
  retain(configs: readonly RedisConfig[]): void {
    const needed = new Set(configs.map((config) => JSON.stringify(config)));
    for (const [key, connection] of this.#open) {
      if (needed.has(key)) continue;
      this.#open.delete(key);
      connection.close();
    }
  }
}
