import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, type Database } from '@roundhouse/database';
import { counted } from '@roundhouse/testing';
import { measuredProvider } from '../src/measured-provider.ts';
import { sampleEffects } from '../src/meters.ts';
import { aBusiness, type Payments, servePayments } from './a-business.ts';

let payments: Payments;
let worker: Database;
beforeAll(async () => {
  payments = await servePayments();
  worker = connect({ url: payments.database.url('payments_worker'), max: 1 });
});
afterAll(async () => {
  await worker.close();
  await payments.stop();
});

const collected = () => counted('roundhouse_collected_minor_units_total', { currency: 'USD' });
const succeeded = () => counted('roundhouse_payments_total', { outcome: 'succeeded' });
const unknown = () => counted('roundhouse_unknown_outcomes_total', { kind: 'charge' });

test('money is counted once, however often it is paid, told and asked for', async () => {
  const business = await aBusiness(payments);
  const { charter_id, token } = await business.anAcceptedCharter();
  const before = [await collected(), await succeeded()] as const;
  await business.pays(token, 'deposit', 'pm_card_visa', 'pay-1');
  const again = await business.pays(token, 'deposit', 'pm_card_visa', 'pay-1');
  expect(again.status).toBe(200);
  await business.pays(token, 'deposit');
  await business.settled(charter_id);
  expect(await collected()).toBe(before[0] + 21_600);
  expect(await succeeded()).toBe(before[1] + 1);
});

test('a card that is declined brings no money', async () => {
  const business = await aBusiness(payments);
  const { token } = await business.anAcceptedCharter();
  const failed = () => counted('roundhouse_payments_total', { outcome: 'failed' });
  const before = [await collected(), await failed()] as const;
  await business.pays(token, 'deposit', 'pm_card_chargeDeclined');
  expect(await collected()).toBe(before[0]);
  expect(await failed()).toBe(before[1] + 1);
});

test('an unknown outcome is counted and stands, until the sweep has settled it', async () => {
  const business = await aBusiness(payments);
  const { charter_id, token } = await business.anAcceptedCharter();
  const before = [await collected(), await unknown()] as const;
  // Swallowed: what had an effect would be told by the webhook at once.
  const silent = { path: '/v1/payment_intents', method: 'POST', times: 1, hang_ms: 8_000 };
  await payments.stripe({ faults: [silent] });
  const { body } = await business.pays(token, 'deposit');
  expect(body).toMatchObject({ code: 'payment_outcome_unknown' });
  expect(await unknown()).toBe(before[1] + 1);
  const standing = await sampleEffects(worker);
  expect(standing.waiting.unknown).toBe(1);
  expect(standing.oldest_unknown_seconds).toBeGreaterThan(0);
  expect(await collected()).toBe(before[0]);
  await business.settled(charter_id);
  expect(await collected()).toBe(before[0] + 21_600);
  const settled = await sampleEffects(worker);
  expect([settled.waiting.unknown, settled.oldest_unknown_seconds]).toEqual([0, 0]);
});

test('the provider is measured by what it was asked and what came of it', async () => {
  const of = { provider: 'stripe', operation: 'create_account' };
  const calls = (outcome: string) =>
    counted('roundhouse_provider_request_duration_seconds_count', { ...of, outcome });
  const before = [await calls('succeeded'), await calls('unknown')] as const;
  const provider = measuredProvider(payments.provider);
  const asks = (idempotency_key: string) =>
    provider.createAccount({ tenant_id: randomUUID(), idempotency_key }, 20_000);
  expect((await asks('account:1')).kind).toBe('made');
  await payments.stripe({ faults: [{ path: '/v1/accounts', times: 9, fail: { status: 500 } }] });
  expect((await asks('account:2')).kind).toBe('unknown');
  await payments.stripe({ clear: true });
  const after = [await calls('succeeded'), await calls('unknown')];
  expect(after).toEqual(before.map((count) => count + 1));
});
