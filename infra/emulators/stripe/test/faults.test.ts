import { expect, test } from '@jest/globals';
import { payment, type Running, refusalOf, sdk, startEmulator } from './harness.ts';

async function chargesOf(emulator: Running, account: object): Promise<number> {
  return (await emulator.stripe.charges.list({}, account)).data.length;
}

test('a failure that was asked for has no effect, and the next request works', async () => {
  await using emulator = await startEmulator();
  const options = { ...(await emulator.newAccount()), idempotencyKey: 'charter-1' };
  await emulator.admin('/control', {
    faults: [{ path: '/v1/payment_intents', fail: { status: 429 } }],
  });
  const { paymentIntents } = emulator.stripe;
  expect(await refusalOf(paymentIntents.create(payment(), options))).toMatchObject({
    type: 'StripeRateLimitError',
    code: 'rate_limit',
  });
  expect((await paymentIntents.create(payment(), options)).status).toBe('succeeded');
});

test('a failure inside Stripe is kept under its key', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  await emulator.admin('/control', {
    faults: [{ path: '/v1/payment_intents', fail: { status: 500, stored: true } }],
  });
  const patient = sdk(emulator.port, { retries: 1 });
  const pay = (idempotencyKey: string) =>
    patient.paymentIntents.create(payment(), { ...account, idempotencyKey });
  expect(await refusalOf(pay('charter-1'))).toMatchObject({ statusCode: 500 });
  expect(await chargesOf(emulator, account)).toBe(0);
  expect((await pay('charter-2')).status).toBe('succeeded');
});

test('a cut answer has charged, and asking again tells so', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  await emulator.admin('/control', { faults: [{ path: '/v1/payment_intents', cut_answer: true }] });
  // The SDK asks again by itself when a connection breaks.
  const paid = await emulator.stripe.paymentIntents.create(payment(), account);
  expect(paid.lastResponse.headers).toMatchObject({ 'idempotent-replayed': 'true' });
  expect(await chargesOf(emulator, account)).toBe(1);
});

test('a late effect comes although the caller has gone', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  await emulator.admin('/control', { faults: [{ path: '/v1/payment_intents', latency_ms: 150 }] });
  const options = { ...account, idempotencyKey: 'charter-1' };
  const impatient = emulator.stripe.paymentIntents.create(payment(), { ...options, timeout: 50 });
  await expect(impatient).rejects.toMatchObject({ type: 'StripeConnectionError' });
  const patient = sdk(emulator.port, { retries: 5 });
  const paid = await patient.paymentIntents.create(payment(), options);
  expect(paid.lastResponse.headers).toMatchObject({ 'idempotent-replayed': 'true' });
  expect(await chargesOf(emulator, account)).toBe(1);
});

test('a swallowed request has no effect', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  await emulator.admin('/control', { faults: [{ path: '/v1/**', hang_ms: 60_000 }] });
  const swallowed = emulator.stripe.paymentIntents.create(payment(), { ...account, timeout: 50 });
  await expect(swallowed).rejects.toMatchObject({ type: 'StripeConnectionError' });
  expect(await chargesOf(emulator, account)).toBe(0);
});

test('faults hit the paths they name, in turn, and can be cleared', async () => {
  await using emulator = await startEmulator();
  const answer = await emulator.admin('/control', {
    faults: [
      { path: '/v1/payment_intents/*/confirm', fail: { status: 503 } },
      { path: '/v1/balance', method: 'GET', fail: { status: 503 } },
      { path: '/v1/balance', fail: { status: 500 }, times: 9 },
    ],
  });
  expect(await answer.json()).toMatchObject({
    faults: [{}, { times: 1 }, { times: 9 }],
    webhooks: { hold: false, duplicate: 1, shuffle: false },
  });
  const { balance, events } = emulator.stripe;
  expect((await events.list()).data).toEqual([]);
  expect(await refusalOf(balance.retrieve())).toMatchObject({ statusCode: 503 });
  expect(await refusalOf(balance.retrieve())).toMatchObject({ statusCode: 500 });
  await emulator.admin('/control', { clear: true });
  expect((await balance.retrieve()).object).toBe('balance');
});

test.each([
  ['two kinds at once', { faults: [{ path: '/v1/balance', hang_ms: 1, latency_ms: 1 }] }],
  ['no kind', { faults: [{ path: '/v1/balance' }] }],
  ['an unknown word', { fault: [] }],
])('a control with %s is refused', async (_what, control) => {
  await using emulator = await startEmulator();
  expect((await emulator.admin('/control', control)).status).toBe(400);
});

test('a request is shown as it came, without the key that signed it', async () => {
  await using emulator = await startEmulator();
  const account = await emulator.newAccount();
  const options = { ...account, idempotencyKey: 'charter-1' };
  const { lastResponse } = await emulator.stripe.paymentIntents.create(payment(), options);
  const text = await (await emulator.admin('/requests?limit=1')).text();
  expect(text).not.toContain('sk_test');
  expect(JSON.parse(text).requests).toMatchObject([
    {
      id: lastResponse.requestId,
      method: 'POST',
      path: '/v1/payment_intents',
      parameters: { amount: '12550', automatic_payment_methods: { allow_redirects: 'never' } },
      account: account.stripeAccount,
      idempotency_key: 'charter-1',
      status: 200,
      fault: null,
    },
  ]);
});

test('a book in memory can be emptied', async () => {
  await using emulator = await startEmulator();
  await emulator.stripe.paymentIntents.create(payment(), await emulator.newAccount());
  expect((await emulator.admin('/reset', {})).status).toBe(200);
  expect(await emulator.book()).toEqual({ accounts: [] });
});
