import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { EmulatorLog } from './server.ts';
import type { Store } from './store.ts';

export type Endpoint = { url: string; secret: string };

export const WebhookFaults = z.strictObject({
  /** Nothing is sent until it is false again. */
  hold: z.boolean().optional(),
  /** How often each event is sent in all; 1 is honest. */
  duplicate: z.int().min(1).max(10).optional(),
  /** Sends what waits one by one, in a shuffled order that is the same in each run. */
  shuffle: z.boolean().optional(),
  /** Where events go from now on. */
  url: z.url().optional(),
});

type Settings = { hold: boolean; duplicate: number; shuffle: boolean; url: string | null };

type Waiting = {
  event_id: string;
  type: string;
  account: string;
  attempts: number;
  due_at: string;
  last_error: string | null;
};

export type Webhooks = {
  /** Looks for events that are due; call it after each write. */
  wake(): void;
  set(faults: z.infer<typeof WebhookFaults>): void;
  settings(): Settings;
  /** Sends an event again; false when there is none. */
  redeliver(event_id: string): boolean;
  undelivered(limit: number): { undelivered: number; waiting: Waiting[] };
  stop(): Promise<void>;
};

type Dependencies = { store: Store; endpoint: Endpoint | undefined; log: EmulatorLog };

const IN_PARALLEL = 16;
const TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 250;
const SLOWEST_RETRY_MS = 15_000;

/**
 * Delivers the events that wait in the store until somebody answers 2xx: at least once, in no
 * promised order, across restarts. The pace is real time, whatever clock the emulator keeps.
 */
export function createWebhooks(dependencies: Dependencies): Webhooks {
  const { store, endpoint } = dependencies;
  const settings: Settings = {
    hold: false,
    duplicate: 1,
    shuffle: false,
    url: endpoint?.url ?? null,
  };
  const sending = new Map<string, Promise<void>>();
  const stopped = new AbortController();
  const nextOf = createShuffle();
  let timer: NodeJS.Timeout | undefined;

  function wake(): void {
    if (stopped.signal.aborted || settings.hold || endpoint === undefined) return;
    const free = (settings.shuffle ? 1 : IN_PARALLEL) - sending.size;
    if (free <= 0) return;
    const now = Date.now();
    const due = dueEvents(store, now, [...sending.keys()]);
    const chosen = settings.shuffle ? nextOf(due) : due.slice(0, free);
    for (const event_id of chosen) sending.set(event_id, deliver(event_id, endpoint));
    if (chosen.length === 0) sleep(now);
  }

  async function deliver(event_id: string, { secret }: Endpoint): Promise<void> {
    const sent = { url: settings.url ?? '', secret, signal: stopped.signal };
    const error = await send(bodyOf(store, event_id), sent);
    sending.delete(event_id);
    if (stopped.signal.aborted) return;
    if (error === null) acknowledge(store, event_id, settings.duplicate);
    else postpone(dependencies, event_id, error);
    wake();
  }

  /** Until the first of those that were not due at `now`. */
  function sleep(now: number): void {
    clearTimeout(timer);
    const row = store.sql.get`
      select min(due_at_ms) as due_at_ms from deliveries
      where due_at_ms > ${now}`;
    if (typeof row?.due_at_ms !== 'number') return;
    timer = setTimeout(wake, row.due_at_ms - Date.now());
  }

  return {
    wake,
    set({ hold, duplicate, shuffle, url }) {
      settings.hold = hold ?? settings.hold;
      settings.duplicate = duplicate ?? settings.duplicate;
      settings.shuffle = shuffle ?? settings.shuffle;
      settings.url = url ?? settings.url;
      wake();
    },
    settings: () => settings,
    redeliver(event_id) {
      const now = Date.now();
      const { changes } = store.sql
        .run`update deliveries set due_at_ms = ${now} where event_id = ${event_id}`;
      wake();
      return changes === 1;
    },
    undelivered: (limit) => undelivered(store, limit),
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await Promise.all(sending.values());
    },
  };
}

/** The header that `stripe.webhooks.constructEvent` checks; `at` in Unix seconds. */
function signature(payload: string, secret: string, at: number): string {
  const digest = createHmac('sha256', secret).update(`${at}.${payload}`).digest('hex');
  return `t=${at},v1=${digest}`;
}

/** Null when the endpoint took the event, else why not. Redirects are failures, as at Stripe. */
async function send(
  payload: string,
  { url, secret, signal }: Endpoint & { signal: AbortSignal },
): Promise<string | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: payload,
      redirect: 'manual',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signature(payload, secret, Math.floor(Date.now() / 1000)),
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.ok ? null : `answered ${response.status}`;
  } catch (error) {
    return Error.isError(error) ? `${error.message} ${error.cause ?? ''}`.trim() : String(error);
  }
}

function dueEvents(store: Store, now: number, sending: string[]): string[] {
  const rows = store.sql.all`
    select event_id from deliveries
    where due_at_ms <= ${now}
      and event_id not in (select value from json_each(${JSON.stringify(sending)}))
    order by due_at_ms, rowid limit 100`;
  return rows.map((row) => String(row.event_id));
}

function bodyOf(store: Store, event_id: string): string {
  const row = store.sql.get`select body from objects where id = ${event_id}`;
  return JSON.stringify(JSON.parse(String(row?.body)), null, 2);
}

/** Lazily: a mark lost with the power sends the event twice, which at-least-once allows. */
function acknowledge(store: Store, event_id: string, wanted: number): void {
  store.lazyTransaction(() => {
    store.sql.run`
      update deliveries set attempts = attempts + 1, acknowledged = acknowledged + 1,
        last_error = null,
        due_at_ms = case when acknowledged + 1 < ${wanted} then due_at_ms end
      where event_id = ${event_id}`;
  });
}

function postpone({ store, log }: Dependencies, event_id: string, error: string): void {
  store.lazyTransaction(() => {
    const row = store.sql.get`select attempts from deliveries where event_id = ${event_id}`;
    const attempts = Number(row?.attempts);
    const wait_ms = Math.min(SLOWEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts);
    store.sql.run`
      update deliveries set attempts = attempts + 1, last_error = ${error},
        due_at_ms = ${Date.now() + wait_ms}
      where event_id = ${event_id}`;
    log.warn('webhook', {
      event: 'webhook_refused',
      event_id,
      attempts: attempts + 1,
      wait_ms,
      why: error,
    });
  });
}

function undelivered(store: Store, limit: number): { undelivered: number; waiting: Waiting[] } {
  const count = store.sql.get`select count(*) as n from deliveries where due_at_ms is not null`;
  const rows = store.sql.all`
    select deliveries.event_id, objects.type, objects.account_id, attempts, due_at_ms, last_error
    from deliveries join objects on objects.id = deliveries.event_id
    where due_at_ms is not null order by due_at_ms limit ${limit}`;
  const waiting = rows.map((row) => ({
    event_id: String(row.event_id),
    type: String(row.type),
    account: String(row.account_id),
    attempts: Number(row.attempts),
    due_at: new Date(Number(row.due_at_ms)).toISOString(),
    last_error: row.last_error === null ? null : String(row.last_error),
  }));
  return { undelivered: Number(count?.n), waiting };
}

/** Picks one at a time by a fixed pseudo-random sequence (Park and Miller's). */
function createShuffle(): (due: string[]) => string[] {
  let state = 20_261_121;
  return (due) => {
    state = (state * 48_271) % 2_147_483_647;
    const picked = due[state % Math.max(1, due.length)];
    return picked === undefined ? [] : [picked];
  };
}
