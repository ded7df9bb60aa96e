import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@roundhouse/testing';
import type { Stripe } from 'stripe';
import { closeServer, listenOn } from '../http.ts';
import {
  adminOf,
  type Books,
  KEY,
  newAccount,
  payment,
  type Receiver,
  SECRET,
  sdk,
  startReceiver,
} from './harness.ts';

const MAIN = join(import.meta.dirname, '..', 'main.ts');

let folder: string;
let receiver: Receiver;
let environment: Record<string, string>;
let running: ChildProcess[];
let stripe: Stripe;
let admin: ReturnType<typeof adminOf>;

beforeEach(async () => {
  running = [];
  folder = await mkdtemp(join(tmpdir(), 'stripe-emulator-'));
  receiver = await startReceiver();
  const [port, admin_port] = [await freePort(), await freePort()];
  environment = {
    STRIPE_EMULATOR_PORT: String(port),
    STRIPE_EMULATOR_ADMIN_PORT: String(admin_port),
    STRIPE_EMULATOR_STORE: join(folder, 'book.sqlite'),
    STRIPE_EMULATOR_KEY: KEY,
    STRIPE_EMULATOR_WEBHOOK_URL: receiver.url,
    STRIPE_EMULATOR_WEBHOOK_SECRET: SECRET,
  };
  stripe = sdk(port);
  admin = adminOf(admin_port);
});

afterEach(async () => {
  for (const child of running) await end(child, 'SIGKILL');
  await receiver[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOn(server, undefined);
  await closeServer(server);
  return port;
}

async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN], { env: environment, stdio: 'ignore' });
  running.push(child);
  await eventually(async () => expect((await admin('/health')).status).toBe(200));
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
  return child.exitCode;
}

async function bookOf({ stripeAccount }: { stripeAccount: string }) {
  const { accounts } = (await (await admin('/book')).json()) as Books;
  return accounts.find(({ account }) => account === stripeAccount);
}

test('killed between the charge and its answer, the retry finds the one charge', async () => {
  const first = await start();
  const options = { ...(await newAccount(stripe)), idempotencyKey: 'charter-1' };
  // Twice, because the SDK itself asks again when the connection breaks.
  const faults = [{ path: '/v1/payment_intents', method: 'POST', cut_answer: true, times: 2 }];
  await admin('/control', { faults });
  await expect(stripe.paymentIntents.create(payment(), options)).rejects.toMatchObject({
    type: 'StripeConnectionError',
  });
  await end(first, 'SIGKILL');
  await start();
  const paid = await stripe.paymentIntents.create(payment(), options);
  expect(paid.status).toBe('succeeded');
  expect(paid.lastResponse.headers).toMatchObject({ 'idempotent-replayed': 'true' });
  expect(await bookOf(options)).toMatchObject({
    balances: [{ currency: 'usd', total: 12_550 }],
    charges: [{ payment_intent: paid.id }],
  });
});

test('killed before the charge, the retry makes it', async () => {
  const first = await start();
  const options = { ...(await newAccount(stripe)), idempotencyKey: 'charter-1' };
  await admin('/control', { faults: [{ path: '/v1/payment_intents', hang_ms: 60_000, times: 2 }] });
  const paying = stripe.paymentIntents.create(payment(), options).catch((error: Error) => error);
  await eventually(async () => {
    const { faults } = (await (await admin('/control', {})).json()) as { faults: unknown };
    expect(faults).toMatchObject([{ times: 1 }]);
  });
  await end(first, 'SIGKILL');
  expect(await paying).toMatchObject({ type: 'StripeConnectionError' });
  await start();
  await stripe.paymentIntents.create(payment(), options);
  expect(await bookOf(options)).toMatchObject({ balances: [{ total: 12_550 }] });
  expect((await bookOf(options))?.charges).toHaveLength(1);
});

test('killed under load, nothing acknowledged is lost and each key charges once', async () => {
  const first = await start();
  const account = await newAccount(stripe);
  const keys = Array.from({ length: 40 }, (_, index) => `charter-${index}`);
  const acknowledged = new Map<string, string>();
  const pay = async (idempotencyKey: string) => {
    const intent = await stripe.paymentIntents.create(payment(), { ...account, idempotencyKey });
    acknowledged.set(idempotencyKey, intent.id);
    if (acknowledged.size === 10) first.kill('SIGKILL');
  };
  const waiting = [...keys];
  const worker = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) await pay(key);
  };
  await Promise.allSettled([worker(), worker(), worker(), worker()]);
  await end(first, 'SIGKILL');
  expect(acknowledged.size).toBeLessThan(keys.length);
  const before = new Map(acknowledged);
  await start();
  await Promise.all(keys.map(pay));
  for (const [key, id] of before) expect(acknowledged.get(key)).toBe(id);
  const book = await bookOf(account);
  expect(book?.charges.map((charge) => charge.payment_intent).sort()).toEqual(
    [...acknowledged.values()].sort(),
  );
  expect(book?.balances).toMatchObject([{ total: 40 * 12_550 }]);
});

test('an event that was not taken before the kill arrives after it', async () => {
  const first = await start();
  receiver.answer(503);
  const account = await newAccount(stripe);
  const { id } = await stripe.paymentIntents.create(payment(), account);
  await end(first, 'SIGKILL');
  const before = receiver.deliveries.length;
  receiver.answer(200);
  await start();
  await eventually(async () =>
    expect(await (await admin('/webhooks')).json()).toMatchObject({ undelivered: 0 }),
  );
  expect(receiver.deliveries.slice(before).map(({ event }) => event)).toContainEqual(
    expect.objectContaining({
      type: 'payment_intent.succeeded',
      data: { object: expect.objectContaining({ id }) },
    }),
  );
});

test('SIGTERM ends it in order, even while a request hangs', async () => {
  const child = await start();
  await admin('/control', { faults: [{ path: '/v1/balance', hang_ms: 60_000, times: 2 }] });
  const hanging = stripe.balance.retrieve().catch((error: Error) => error);
  await eventually(async () => {
    const { faults } = (await (await admin('/control', {})).json()) as { faults: unknown };
    expect(faults).toMatchObject([{ times: 1 }]);
  });
  expect(await end(child, 'SIGTERM')).toBe(0);
  expect(await hanging).toMatchObject({ type: 'StripeConnectionError' });
});

test('a wrong environment stops it with all problems at once', async () => {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...environment, STRIPE_EMULATOR_KEY: 'sk_live_1', STRIPE_EMULATOR_PORT: '' },
  });
  running.push(child);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(output).toContain('STRIPE_EMULATOR_KEY');
  expect(output).toContain('STRIPE_EMULATOR_PORT');
});
