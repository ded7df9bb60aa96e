import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { type AccountBook, readBook } from './book.ts';
import { Fault, type Faults } from './faults.ts';
import { readBody } from './http.ts';
import type { RequestLog } from './requests.ts';
import type { EmulatorLog } from './server.ts';
import type { Store } from './store.ts';
import { WebhookFaults, type Webhooks } from './webhooks.ts';

type Dependencies = {
  store: Store;
  now: () => Date;
  faults: Faults;
  requests: RequestLog;
  webhooks: Webhooks;
  log: EmulatorLog;
  /** Empties the book; undefined where the book is a file. */
  reset: (() => void) | undefined;
};

type Reply = { status: number; body: unknown };

const Control = z.strictObject({
  clear: z.literal(true).optional(),
  faults: z.array(Fault).default([]),
  webhooks: WebhookFaults.optional(),
});

const Redeliver = z.strictObject({ event_id: z.string() });

const Limit = z.coerce.number().int().min(1).max(1000).default(100);

/** The control plane, on a port of its own: what happened here, and what shall go wrong. */
export function createControlServer(dependencies: Dependencies): Server {
  return createServer((incoming, outgoing) => {
    handle(dependencies, incoming, outgoing).catch((error: unknown) => {
      dependencies.log.error('control', {
        event: 'control_failed',
        url: incoming.url,
        why: String(error),
      });
      outgoing.destroy();
    });
  });
}

async function handle(
  dependencies: Dependencies,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = (await readBody(incoming)) ?? '';
  const url = new URL(`http://emulator${incoming.url ?? '/'}`);
  if (incoming.method === 'GET' && url.pathname === '/book') {
    const now = Math.floor(dependencies.now().getTime() / 1000);
    const only = url.searchParams.get('account') ?? undefined;
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    await pipeline(Readable.from(asJson(readBook(dependencies.store, now, only))), outgoing);
    return;
  }
  const reply = replyTo(dependencies, `${incoming.method} ${url.pathname}`, { url, body });
  outgoing.writeHead(reply.status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify(reply.body));
}

function replyTo(
  dependencies: Dependencies,
  operation: string,
  { url, body }: { url: URL; body: string },
): Reply {
  const { faults, requests, webhooks } = dependencies;
  try {
    const limit = Limit.parse(url.searchParams.get('limit') ?? undefined);
    if (operation === 'GET /health') return ok({ status: 'ok' });
    if (operation === 'GET /requests') return ok({ requests: requests.latest(limit) });
    if (operation === 'GET /webhooks') return ok(webhooks.undelivered(limit));
    if (operation === 'POST /webhooks/redeliver') return redeliver(webhooks, body);
    if (operation === 'POST /control') {
      setControl(dependencies, Control.parse(JSON.parse(body)));
      return ok({ faults: faults.remaining(), webhooks: webhooks.settings() });
    }
    if (operation === 'POST /reset') return reset(dependencies);
    return { status: 404, body: { error: `There is no ${operation}.` } };
  } catch (error) {
    if (error instanceof z.ZodError)
      return { status: 400, body: { error: z.prettifyError(error) } };
    if (error instanceof SyntaxError) return { status: 400, body: { error: 'Not JSON.' } };
    throw error;
  }
}

function setControl(
  { faults, webhooks }: Dependencies,
  { clear, faults: wanted, webhooks: settings }: z.infer<typeof Control>,
): void {
  if (clear) {
    faults.clear();
    webhooks.set({ hold: false, duplicate: 1, shuffle: false });
  }
  for (const fault of wanted) faults.add(fault);
  if (settings !== undefined) webhooks.set(settings);
}

function redeliver(webhooks: Webhooks, body: string): Reply {
  const { event_id } = Redeliver.parse(JSON.parse(body));
  if (webhooks.redeliver(event_id)) return ok({ event_id });
  return { status: 404, body: { error: `No event ${event_id} was ever due for a webhook.` } };
}

function reset({ reset: empty, faults, requests }: Dependencies): Reply {
  if (empty === undefined) {
    return { status: 409, body: { error: 'Only a book in memory can be emptied.' } };
  }
  empty();
  faults.clear();
  requests.clear();
  return ok({ status: 'empty' });
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

/** One JSON document, an account at a time, so that a large book is never whole in memory. */
function* asJson(book: Generator<AccountBook>): Generator<string> {
  let separator = '{"accounts":[';
  for (const account of book) {
    yield `${separator}\n${JSON.stringify(account)}`;
    separator = ',';
  }
  yield separator === ',' ? '\n]}\n' : '{"accounts":[]}\n';
}
