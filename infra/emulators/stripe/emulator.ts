import { createLogger } from '@roundhouse/service/log';
import { createControlServer } from './control.ts';
import { createFaults } from './faults.ts';
import { closeServer, listenOn } from './http.ts';
import { createRequestLog } from './requests.ts';
import { createApiServer, type EmulatorLog } from './server.ts';
import { openStore } from './store.ts';
import { createWebhooks, type Endpoint } from './webhooks.ts';

export type EmulatorOptions = {
  /** The platform's secret key: any other is answered 401. */
  key: string;
  /** A SQLite file, which survives kill -9, or `:memory:`. */
  store: string;
  /** Where events of connected accounts go; without it none are sent. */
  webhook?: Endpoint;
  /** Without a port, a free one below 32768. */
  port?: number;
  admin_port?: number;
  /** Where it listens; on 127.0.0.1 unless said. */
  host?: string;
  now?: () => Date;
  log?: EmulatorLog;
};

export type Emulator = {
  listen(): Promise<{ port: number; admin_port: number }>;
  /** Takes no more requests, ends deliveries, then closes the book. */
  close(): Promise<void>;
};

/** A Stripe server, for the launcher and for tests alike. */
export function createEmulator(options: EmulatorOptions): Emulator {
  const { key, host = '127.0.0.1', now = () => new Date() } = options;
  const { log = createLogger('stripe-emulator') } = options;
  const store = openStore(options.store);
  const faults = createFaults();
  const requests = createRequestLog();
  const webhooks = createWebhooks({ store, endpoint: options.webhook, log });
  const stopped = new AbortController();
  const api = createApiServer({
    store,
    key,
    now,
    faults,
    log,
    dealtWith(request) {
      requests.add(request);
      webhooks.wake();
    },
    stopped: stopped.signal,
  });
  const reset = options.store === ':memory:' ? store.clear : undefined;
  const control = createControlServer({ store, now, faults, requests, webhooks, log, reset });
  return {
    async listen() {
      const port = await listenOn(api, options.port, host);
      const admin_port = await listenOn(control, options.admin_port, host);
      // What an earlier process could not deliver.
      webhooks.wake();
      return { port, admin_port };
    },
    async close() {
      stopped.abort();
      await closeServer(api);
      await webhooks.stop();
      await closeServer(control);
      store.close();
    },
  };
}
