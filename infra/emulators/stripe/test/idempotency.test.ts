import { expect, test } from '@jest/globals';
import { payment, refusalOf, sdk, startEmulator } from './harness.ts';

test('the same key gives the same answer and one charge', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  const options = { ...account, idempotencyKey: 'charter-1' };
  const { paymentIntents, charges } = emulator.stripe;
  const first = await paymentIntents.create(payment(), options);
  const again = await paymentIntents.create(payment(), options);
  expect({ ...again, lastResponse: null }).toEqual({ ...first, lastResponse: null });
  const { headers } = again.lastResponse;
  expect(headers).toMatchObject({
    'idempotent-replayed': 'true',
    'original-request': first.lastResponse.requestId,
    'idempotency-key': 'charter-1',
  });
  expect(again.lastResponse.requestId).not.toBe(first.lastResponse.requestId);
  expect(first.lastResponse.headers).not.toHaveProperty('idempotent-replayed');
  expect((await charges.list({}, account)).data).toHaveLength(1);
});

test('a decline is replayed too', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  const options = { ...account, idempotencyKey: 'charter-1' };
  const pay = () =>
    emulator.stripe.paymentIntents.create(
      payment({ payment_method: 'pm_card_chargeDeclined' }),
      options,
    );
  expect(await refusalOf(pay())).toEqual(await refusalOf(pay()));
  expect((await emulator.stripe.charges.list({}, account)).data).toHaveLength(1);
});

test('a key with other parameters, or at another endpoint, is refused', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  const options = { ...account, idempotencyKey: 'charter-1' };
  const { paymentIntents, customers } = emulator.stripe;
  await paymentIntents.create(payment(), options);
  const refused = { type: 'StripeIdempotencyError', statusCode: 400 };
  expect(await refusalOf(paymentIntents.create(payment({ amount: 100 }), options))).toEqual(
    refused,
  );
  expect(await refusalOf(customers.create({}, options))).toEqual(refused);
});

test('the key of one account is free in another', async () => {
  await using emulator = await startEmulator();
  const keys = [];
  for (const account of [await emulator.newAccount(), await emulator.newAccount()]) {
    const options = { ...account, idempotencyKey: 'charter-1' };
    keys.push((await emulator.stripe.paymentIntents.create(payment(), options)).id);
  }
  expect(new Set(keys).size).toBe(2);
});

test('a malformed request does not use its key up', async () => {
  await using emulator = await startEmulator();
  const options = { ...(await emulator.newAccount()), idempotencyKey: 'charter-1' };
  const { paymentIntents } = emulator.stripe;
  const tooSmall = paymentIntents.create(payment({ amount: 49 }), options);
  expect(await refusalOf(tooSmall)).toMatchObject({ code: 'amount_too_small' });
  expect((await paymentIntents.create(payment(), options)).status).toBe('succeeded');
});

test('of concurrent twins one works, the other is told to wait, and waiting helps', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  const options = { ...account, idempotencyKey: 'charter-1' };
  await emulator.admin('/control', { faults: [{ path: '/v1/payment_intents', latency_ms: 800 }] });
  const patient = sdk(emulator.port, { retries: 5 });
  const outcomes = await Promise.all([
    refusalOrStatus(emulator.stripe.paymentIntents.create(payment(), options)),
    refusalOrStatus(emulator.stripe.paymentIntents.create(payment(), options)),
    refusalOrStatus(patient.paymentIntents.create(payment(), options)),
  ]);
  expect(outcomes).toContain('idempotency_key_in_use');
  expect(outcomes).toContain('succeeded');
  expect((await emulator.stripe.charges.list({}, account)).data).toHaveLength(1);
});

test('twenty twins at once charge once', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  const options = { ...account, idempotencyKey: 'charter-1' };
  await Promise.all(
    Array.from({ length: 20 }, () =>
      refusalOrStatus(emulator.stripe.paymentIntents.create(payment(), options)),
    ),
  );
  expect((await emulator.stripe.charges.list({}, account)).data).toHaveLength(1);
});

test('after a day the key is new', async () => {
  let now = new Date('2026-11-21T09:00:00Z');
  await using emulator = await startEmulator({ now: () => now });
  const options = { ...(await emulator.newAccount()), idempotencyKey: 'charter-1' };
  const { paymentIntents } = emulator.stripe;
  const first = await paymentIntents.create(payment(), options);
  now = new Date('2026-11-22T08:59:59Z');
  expect((await paymentIntents.create(payment(), options)).id).toBe(first.id);
  now = new Date('2026-11-22T09:00:00Z');
  expect((await paymentIntents.create(payment(), options)).id).not.toBe(first.id);
});

async function refusalOrStatus(paying: Promise<{ status: string }>): Promise<unknown> {
  try {
    return (await paying).status;
  } catch {
    return (await refusalOf(paying)).code;
  }
}
