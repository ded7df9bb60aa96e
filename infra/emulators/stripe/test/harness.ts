import { createServer, type Server } from 'node:http';
import { createEmulator, type EmulatorOptions } from '@roundhouse/infra/stripe-emulator';
import { Stripe } from 'stripe';
import { closeServer, listenOn, readBody } from '../http.ts';

export const KEY = 'sk_test_emulated';
export const SECRET = 'whsec_emulated';

export type Books = {
  accounts: {
    account: string;
    balances: { currency: string; available: number; pending: number; total: number }[];
    charges: { id: string; payment_intent: string; amount: number; status: string }[];
  }[];
};

type Delivery = { event: Stripe.Event; raw: string; signature: string };

export type Receiver = {
  url: string;
  deliveries: Delivery[];
  /** What it answers from now on. */
  answer(status: number): void;
  [Symbol.asyncDispose](): Promise<void>;
};

export type Requests = { requests: { path: string; status: number | null }[] };

export type Running = {
  stripe: Stripe;
  port: number;
  admin: (path: string, body?: object) => Promise<Response>;
  book: () => Promise<Books>;
  log: { level: string; fields: Record<string, unknown> }[];
  /** A new connected account, as the options that act for it. */
  newAccount: () => Promise<{ stripeAccount: string }>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** An emulator on free ports, and the real SDK pointed at it. */
export async function startEmulator(options: Partial<EmulatorOptions> = {}): Promise<Running> {
  const log: Running['log'] = [];
  const write = (level: string) => (_message: string, fields: Record<string, unknown>) => {
    log.push({ level, fields });
  };
  const emulator = createEmulator({
    key: KEY,
    store: ':memory:',
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    ...options,
  });
  const { port, admin_port } = await emulator.listen();
  const stripe = sdk(port);
  const admin = adminOf(admin_port);
  return {
    stripe,
    port,
    admin,
    book: async () => (await admin('/book')).json() as Promise<Books>,
    log,
    newAccount: () => newAccount(stripe),
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

export function sdk(port: number, options: { key?: string; retries?: number } = {}): Stripe {
  return new Stripe(options.key ?? KEY, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: options.retries ?? 0,
    telemetry: false,
  });
}

export function adminOf(admin_port: number): Running['admin'] {
  return (path, body) =>
    fetch(`http://127.0.0.1:${admin_port}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

export async function newAccount(stripe: Stripe): Promise<{ stripeAccount: string }> {
  const { id } = await stripe.accounts.create({ type: 'standard', country: 'US' });
  return { stripeAccount: id };
}

/** A payment that is confirmed at once with a card that works; tests state only the difference. */
export function payment(
  difference: Partial<Stripe.PaymentIntentCreateParams> = {},
): Stripe.PaymentIntentCreateParams {
  return {
    amount: 12_550,
    currency: 'usd',
    payment_method: 'pm_card_visa',
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    ...difference,
  };
}

/** What the SDK throws, as the fields that callers decide by. */
export async function refusalOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const { type, statusCode, code, decline_code, advice_code, param } = error;
    const all = { type, statusCode, code, decline_code, advice_code, param };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }
  throw new Error('Not refused.');
}

/** A webhook endpoint that takes down what it gets. */
export async function startReceiver(): Promise<Receiver> {
  let status = 200;
  const deliveries: Delivery[] = [];
  const server: Server = createServer(async (request, response) => {
    const raw = (await readBody(request)) ?? '';
    const signature = String(request.headers['stripe-signature']);
    deliveries.push({ event: JSON.parse(raw), raw, signature });
    response.writeHead(status).end();
  });
  const port = await listenOn(server, undefined);
  return {
    url: `http://127.0.0.1:${port}/webhooks/stripe`,
    deliveries,
    answer(next) {
      status = next;
    },
    [Symbol.asyncDispose]: () => closeServer(server),
  };
}
