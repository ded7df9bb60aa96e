import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, type ApiRequest, admit, breakDown, perform, refusal } from './api.ts';
import { API_VERSION, type Context } from './context.ts';
import { StripeError } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import { readBody } from './http.ts';
import { newId } from './identifiers.ts';
import type { Received } from './requests.ts';
import type { Store } from './store.ts';

type Write = (message: string, fields: Record<string, unknown>) => unknown;

/** As much of the house's logger as is used here. */
export type EmulatorLog = { info: Write; warn: Write; error: Write };

type Dependencies = {
  store: Store;
  key: string;
  now: () => Date;
  faults: Faults;
  log: EmulatorLog;
  /** Called once a request is dealt with, and its events are written. */
  dealtWith: (request: Received) => void;
  /** Ends every wait when the emulator closes. */
  stopped: AbortSignal;
};

/** What the caller gets: an answer, or a dropped connection. */
type Reply = Answer | 'cut';

/** Longer than a caller keeps an idle connection, so that it never meets one just closed. */
const KEEP_ALIVE_MS = 65_000;

type Running = Dependencies & { running: Set<string> };

/** The server that the Stripe SDK talks to. */
export function createApiServer(dependencies: Dependencies): Server {
  const running: Running = { ...dependencies, running: new Set() };
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, outgoing) => {
    handle(running, incoming, outgoing).catch((error: unknown) => {
      dependencies.log.warn('connection', { event: 'connection_lost', why: String(error) });
      outgoing.destroy();
    });
  });
}

async function handle(
  dependencies: Running,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await readBody(incoming);
  const request = requestOf(incoming, body ?? '');
  const fault = dependencies.faults.take(request.method, request.path);
  const reply =
    body === undefined ? refusal(TOO_LARGE) : await replyTo(dependencies, request, fault);
  const status = reply === 'cut' ? null : reply.status;
  dependencies.dealtWith({ request, at: dependencies.now(), status, fault });
  if (reply === 'cut' || fault?.cut_answer === true) outgoing.destroy();
  else send(outgoing, request, reply);
}

async function replyTo(
  dependencies: Running,
  request: ApiRequest,
  fault: Fault | undefined,
): Promise<Reply> {
  const { stopped, log } = dependencies;
  try {
    if (fault?.hang_ms !== undefined) {
      await pause(fault.hang_ms, undefined, { signal: stopped });
      return 'cut';
    }
    const context = admit(dependencies, request);
    if (fault?.fail !== undefined) return fail(context, request, fault.fail);
    return await alone(dependencies.running, context, async () => {
      // At least one turn of the event loop, as real work takes: twins at once see each other.
      await pause(fault?.latency_ms ?? 0, undefined, { signal: stopped });
      return perform(context, request);
    });
  } catch (error) {
    if (stopped.aborted) return 'cut';
    if (!(error instanceof StripeError)) {
      log.error('broken', { event: 'emulator_broken', path: request.path, why: causeOf(error) });
      return refusal(BROKEN);
    }
    if (error.status === 501) {
      log.error(error.message, {
        event: 'not_emulated',
        method: request.method,
        path: request.path,
      });
    }
    return refusal(error);
  }
}

/** Runs one request of a key at a time; a second one meanwhile is refused, not queued. */
async function alone(
  running: Set<string>,
  { account_id, request }: Context,
  work: () => Promise<Answer>,
): Promise<Answer> {
  if (request.idempotency_key === null) return work();
  const name = `${account_id} ${request.idempotency_key}`;
  if (running.has(name)) throw IN_USE;
  running.add(name);
  try {
    return await work();
  } finally {
    running.delete(name);
  }
}

function fail(
  context: Context,
  request: ApiRequest,
  { status, stored }: { status: number; stored: boolean },
): Answer {
  const type = status < 500 ? 'invalid_request_error' : 'api_error';
  const code = status === 429 ? { code: 'rate_limit' } : {};
  const error = new StripeError(status, { type, message: 'A fault that was asked for.', ...code });
  return stored ? breakDown(context, request, error) : refusal(error);
}

/** The logger drops what an error holds unless it is text. */
function causeOf(error: unknown): string {
  return Error.isError(error) ? (error.stack ?? error.message) : String(error);
}

function requestOf(incoming: IncomingMessage, body: string): ApiRequest {
  const { pathname, search } = new URL(`http://emulator${incoming.url ?? '/'}`);
  const method = incoming.method ?? 'GET';
  const header = (name: string) => incoming.headers[name]?.toString();
  return {
    id: newId('req', 14),
    method,
    path: pathname,
    form_text: method === 'POST' ? body : search.slice(1),
    authorization: header('authorization'),
    version: header('stripe-version'),
    account: header('stripe-account'),
    // Stripe reads keys on POST alone; the SDK sends none on GET.
    idempotency_key: method === 'POST' ? header('idempotency-key') : undefined,
  };
}

function send(outgoing: ServerResponse, request: ApiRequest, answer: Answer): void {
  const { account, idempotency_key } = request;
  outgoing.writeHead(answer.status, {
    'content-type': 'application/json',
    'request-id': request.id,
    'stripe-version': API_VERSION,
    ...(account === undefined ? {} : { 'stripe-account': account }),
    ...(idempotency_key === undefined ? {} : { 'idempotency-key': idempotency_key }),
    ...(answer.original_request === undefined
      ? {}
      : { 'idempotent-replayed': 'true', 'original-request': answer.original_request }),
    // A gap does not close by asking again.
    ...(answer.status === 501 ? { 'stripe-should-retry': 'false' } : {}),
  });
  outgoing.end(answer.body);
}

const IN_USE = new StripeError(409, {
  type: 'idempotency_error',
  code: 'idempotency_key_in_use',
  message: 'The idempotency key provided is currently being used in another request.',
});

const TOO_LARGE = new StripeError(413, {
  type: 'invalid_request_error',
  message: 'The request is too large.',
});

const BROKEN = new StripeError(500, {
  type: 'api_error',
  message: 'The Stripe emulator itself is broken: see its log.',
});
