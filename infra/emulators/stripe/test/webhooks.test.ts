import { expect, test } from '@jest/globals';
import { eventually } from '@roundhouse/testing';
import { Stripe } from 'stripe';
import {
  payment,
  type Receiver,
  type Running,
  SECRET,
  startEmulator,
  startReceiver,
} from './harness.ts';

const PAID = [
  'account.updated',
  'charge.succeeded',
  'charge.updated',
  'payment_intent.created',
  'payment_intent.succeeded',
];

function listening(receiver: Receiver): Promise<Running> {
  return startEmulator({ webhook: { url: receiver.url, secret: SECRET } });
}

async function pay(emulator: Running): Promise<{ stripeAccount: string }> {
  const account = await emulator.newAccount();
  await emulator.stripe.paymentIntents.create(payment(), account);
  return account;
}

function typesOf(receiver: Receiver): string[] {
  return receiver.deliveries.map(({ event }) => event.type);
}

async function undelivered(emulator: Running): Promise<number> {
  const answer = await emulator.admin('/webhooks');
  return ((await answer.json()) as { undelivered: number }).undelivered;
}

async function allDelivered(emulator: Running): Promise<void> {
  await eventually(async () => expect(await undelivered(emulator)).toBe(0));
}

test('each event of a payment arrives signed, and names its account', async () => {
  await using receiver = await startReceiver();
  await using emulator = await listening(receiver);
  const { stripeAccount } = await pay(emulator);
  await allDelivered(emulator);
  expect(typesOf(receiver).sort()).toEqual(PAID);
  for (const { raw, signature } of receiver.deliveries) {
    const event = emulator.stripe.webhooks.constructEvent(raw, signature, SECRET);
    expect(event).toMatchObject({ account: stripeAccount, api_version: Stripe.API_VERSION });
    const forged = () => emulator.stripe.webhooks.constructEvent(raw, signature, 'whsec_other');
    expect(forged).toThrow(Stripe.errors.StripeSignatureVerificationError);
  }
});

test('an event tells which request caused it', async () => {
  await using receiver = await startReceiver();
  await using emulator = await listening(receiver);
  const account = await emulator.newAccount();
  const options = { ...account, idempotencyKey: 'charter-1' };
  const { lastResponse } = await emulator.stripe.paymentIntents.create(payment(), options);
  await allDelivered(emulator);
  const told = receiver.deliveries.find(({ event }) => event.type === 'payment_intent.succeeded');
  const id = String(told?.event.id);
  expect(told?.event).toMatchObject({
    pending_webhooks: 1,
    request: { id: lastResponse.requestId, idempotency_key: 'charter-1' },
  });
  expect(await emulator.stripe.events.retrieve(id, {}, account)).toMatchObject({
    type: 'payment_intent.succeeded',
    pending_webhooks: 0,
  });
});

test('a refused event is sent again until it is taken', async () => {
  await using receiver = await startReceiver();
  receiver.answer(503);
  await using emulator = await listening(receiver);
  await pay(emulator);
  await eventually(async () => expect(receiver.deliveries.length).toBeGreaterThan(PAID.length));
  expect(await undelivered(emulator)).toBe(PAID.length);
  receiver.answer(200);
  await allDelivered(emulator);
  const ids = new Set(receiver.deliveries.map(({ event }) => event.id));
  expect(ids.size).toBe(PAID.length);
});

test('while held nothing is sent; afterwards all of it is', async () => {
  await using receiver = await startReceiver();
  await using emulator = await listening(receiver);
  await emulator.admin('/control', { webhooks: { hold: true } });
  await pay(emulator);
  expect(await undelivered(emulator)).toBe(PAID.length);
  expect(receiver.deliveries).toEqual([]);
  await emulator.admin('/control', { webhooks: { hold: false } });
  await allDelivered(emulator);
  expect(typesOf(receiver).sort()).toEqual(PAID);
});

test('duplicates and disorder come when asked for, and lose nothing', async () => {
  await using receiver = await startReceiver();
  await using emulator = await listening(receiver);
  await emulator.admin('/control', { webhooks: { hold: true, duplicate: 3, shuffle: true } });
  const account = await pay(emulator);
  await emulator.admin('/control', { webhooks: { hold: false } });
  await allDelivered(emulator);
  expect(typesOf(receiver).sort()).toEqual(PAID.flatMap((type) => [type, type, type]));
  const { data } = await emulator.stripe.events.list({}, account);
  const inOrder = data.map(({ id }) => id).reverse();
  const firsts = [...new Set(receiver.deliveries.map(({ event }) => event.id))];
  expect(firsts).not.toEqual(inOrder);
  expect(firsts.sort()).toEqual(inOrder.sort());
});

test('a delivered event is delivered again on request', async () => {
  await using receiver = await startReceiver();
  await using emulator = await listening(receiver);
  await pay(emulator);
  await allDelivered(emulator);
  const event_id = receiver.deliveries[0]?.event.id ?? '';
  expect((await emulator.admin('/webhooks/redeliver', { event_id })).status).toBe(200);
  await eventually(async () => expect(receiver.deliveries).toHaveLength(PAID.length + 1));
  expect(receiver.deliveries.at(-1)?.event.id).toBe(event_id);
  expect((await emulator.admin('/webhooks/redeliver', { event_id: 'evt_no' })).status).toBe(404);
});

test("the platform's own events go to nobody", async () => {
  await using receiver = await startReceiver();
  await using emulator = await listening(receiver);
  await emulator.stripe.customers.create({ name: 'Ada' });
  const { data } = await emulator.stripe.events.list();
  expect(data).toMatchObject([{ type: 'customer.created', pending_webhooks: 0 }]);
  expect(await undelivered(emulator)).toBe(0);
});
