import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connect } from '@roundhouse/database';
import { deleteExpired } from '@roundhouse/service/retention';
import { eventually } from '@roundhouse/testing';
import { Stripe } from 'stripe';
import { EXPIRED } from '../src/retention.ts';
import {
  aBusiness,
  type Business,
  type Payments,
  STRIPE_KEY,
  servePayments,
  WEBHOOK_SECRET,
} from './a-business.ts';

let payments: Payments;
beforeAll(async () => {
  payments = await servePayments();
});
afterAll(() => payments.stop());
beforeEach(() => payments.stripe({ clear: true }));

const stripe = new Stripe(STRIPE_KEY);
const CHARGES = '/v1/payment_intents';
const OUTCOMES = ['payment_intent.succeeded', 'payment_intent.payment_failed'] as const;

const send = (body: string, signature: string) =>
  fetch(`${payments.base_url}/webhooks/stripe`, {
    method: 'POST',
    headers: { 'stripe-signature': signature, 'content-type': 'application/json' },
    body,
  });
const sign = (payload: string, changes: { secret?: string; timestamp?: number } = {}) =>
  stripe.webhooks.generateTestHeaderString({ payload, secret: WEBHOOK_SECRET, ...changes });

const stored = (tenant_id: string) =>
  payments.database.inspect<{ event_id: string; type: string; body: string }>(
    'SELECT event_id, type, body FROM payments.provider_events WHERE tenant_id = $1',
    [tenant_id],
  );

/** An event of a payment, as the provider would tell it. */
async function anEvent(
  business: Business,
  { type, payment_id, id }: { type: string; payment_id: string; id: string },
): Promise<string> {
  const intent = {
    ...{ id: 'pi_told', object: 'payment_intent', currency: 'usd', amount: 21_600 },
    metadata: { payment_id },
    ...(type === 'payment_intent.succeeded'
      ? { status: 'succeeded', amount_received: 21_600 }
      : {
          status: 'requires_payment_method',
          last_payment_error: { code: 'card_declined', decline_code: 'lost_card' },
        }),
  };
  const account = await business.account();
  return JSON.stringify({ id, object: 'event', type, account, data: { object: intent } });
}

/** A payment whose outcome nobody knows. */
async function aPendingPayment() {
  const business = await aBusiness(payments);
  while ((await business.account()) === '') await payments.sweeps();
  const { charter_id, token } = await business.anAcceptedCharter();
  await payments.stripe({ faults: [{ path: CHARGES, fail: { status: 503 } }] });
  await business.pays(token, 'deposit');
  const [payment] = await business.paymentsOf(charter_id);
  return { business, charter_id, token, payment_id: payment?.id ?? '' };
}

test('a second success for a paid item is kept, said aloud, and posted nowhere', async () => {
  const business = await aBusiness(payments);
  while ((await business.account()) === '') await payments.sweeps();
  const { charter_id, token } = await business.anAcceptedCharter();
  await business.pays(token, 'deposit', 'pm_card_chargeDeclined');
  await business.pays(token, 'deposit');
  const before = await business.paymentsOf(charter_id);
  const declined = before.find(({ status }) => status === 'failed');
  const of = { type: OUTCOMES[0], payment_id: declined?.id ?? '', id: 'evt_late' };
  const event = await anEvent(business, of);
  expect((await send(event, sign(event))).status).toBe(200);
  expect((await send(event, sign(event))).status).toBe(200);
  expect((await stored(business.tenant_id)).map(({ event_id }) => event_id)).toContain('evt_late');
  expect(await business.paymentsOf(charter_id)).toEqual(before);
});

describe('a webhook', () => {
  test('of the provider settles what nobody knew the outcome of', async () => {
    const business = await aBusiness(payments);
    while ((await business.account()) === '') await payments.sweeps();
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({
      faults: [{ path: CHARGES, cut_answer: true, times: 2 }],
      webhooks: { hold: true },
    });
    expect((await business.pays(token, 'deposit')).code).toBe('payment_outcome_unknown');
    await payments.stripe({ webhooks: { hold: false } });
    await eventually(async () => {
      expect(await business.paymentsOf(charter_id)).toMatchObject([{ status: 'succeeded' }]);
    });
    expect(await business.books()).toEqual({
      provider_clearing: 21_600,
      customer_deposits: 21_600,
    });
  });

  test('of what is known changes nothing, however often and in whatever order', async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ webhooks: { hold: true, duplicate: 3, shuffle: true } });
    await business.pays(token, 'deposit', 'pm_card_chargeDeclined');
    await business.pays(token, 'deposit');
    const before = await business.paymentsOf(charter_id);
    await payments.stripe({ webhooks: { hold: false } });
    const types = [
      'account.updated',
      'charge.failed',
      'charge.succeeded',
      'charge.updated',
      'payment_intent.created',
      'payment_intent.created',
      'payment_intent.payment_failed',
      'payment_intent.succeeded',
    ];
    await eventually(async () => {
      const told = (await stored(business.tenant_id)).map(({ type }) => type);
      expect(told.sort()).toEqual(types);
    });
    expect(await business.paymentsOf(charter_id)).toEqual(before);
    expect(await business.announced('payment.succeeded')).toHaveLength(1);
    expect(await business.announced('payment.failed')).toHaveLength(1);
    expect(await business.books()).toEqual({
      provider_clearing: 21_600,
      customer_deposits: 21_600,
    });
  });

  test.each([
    ['in order', [1, 0]],
    ['in the other order', [0, 1]],
    ['doubled and mixed', [0, 1, 1, 0, 1, 0]],
  ])('that success outweighs failure: %s', async (_, order) => {
    const { business, charter_id, payment_id } = await aPendingPayment();
    const events = await Promise.all(
      OUTCOMES.map((type) => anEvent(business, { type, payment_id, id: `evt_${type}` })),
    );
    for (const index of order) {
      const body = events[index] ?? '';
      expect((await send(body, sign(body))).status).toBe(200);
    }
    expect(await business.paymentsOf(charter_id)).toMatchObject([
      { status: 'succeeded', failure_code: null },
    ]);
    expect(await business.books()).toEqual({
      provider_clearing: 21_600,
      customer_deposits: 21_600,
    });
    const told = (await stored(business.tenant_id)).map(({ event_id }) => event_id);
    expect(told.filter((id) => id.startsWith('evt_payment')).sort()).toEqual(
      OUTCOMES.map((type) => `evt_${type}`).sort(),
    );
  });

  test('days late is the same as in time', async () => {
    const { business, charter_id, payment_id } = await aPendingPayment();
    const [type] = OUTCOMES;
    const body = await anEvent(business, { type, payment_id, id: 'evt_late' });
    const late = JSON.stringify({ ...JSON.parse(body), created: 1_700_000_000 });
    expect((await send(late, sign(late))).status).toBe(200);
    expect(await business.paymentsOf(charter_id)).toMatchObject([{ status: 'succeeded' }]);
    const raw = await stored(business.tenant_id);
    expect(raw.find(({ event_id }) => event_id === 'evt_late')?.body).toBe(late);
  });

  test('about another amount, another business or nothing of ours settles nothing', async () => {
    const { business, charter_id, payment_id } = await aPendingPayment();
    const rival = await aBusiness(payments);
    while ((await rival.account()) === '') await payments.sweeps();
    const [type] = OUTCOMES;
    const cheap = await anEvent(business, { type, payment_id, id: 'evt_cheap' });
    const bodies = [
      cheap.replaceAll('21600', '1'),
      await anEvent(rival, { type, payment_id, id: 'evt_rival' }),
      await anEvent(business, { type, payment_id: 'not-an-id', id: 'evt_foreign' }),
    ];
    await payments.stripe({ faults: [{ path: CHARGES, hang_ms: 30_000, times: 5 }] });
    for (const body of bodies) expect((await send(body, sign(body))).status).toBe(200);
    expect(await business.paymentsOf(charter_id)).toMatchObject([{ status: 'pending' }]);
    expect(await rival.books()).toEqual({});
  });

  test('of an unknown kind is kept and ignored, of an unknown account is taken', async () => {
    const { business } = await aPendingPayment();
    const account = await business.account();
    const data = { object: { id: 'x', object: 'something' } };
    const event = { id: 'evt_new', object: 'event', type: 'something.new', account, data };
    const known = JSON.stringify(event);
    expect((await send(known, sign(known))).status).toBe(200);
    expect(await stored(business.tenant_id)).toContainEqual({
      ...{ event_id: 'evt_new', type: 'something.new' },
      body: known,
    });
    for (const changes of [{ account: 'acct_nobody' }, { account: undefined }]) {
      const foreign = JSON.stringify({ ...event, ...changes });
      expect((await send(foreign, sign(foreign))).status).toBe(200);
    }
  });

  test('not signed, signed by another, old, changed or empty is refused and not kept', async () => {
    const { business, charter_id, payment_id } = await aPendingPayment();
    const [type] = OUTCOMES;
    const body = await anEvent(business, { type, payment_id, id: 'evt_forged' });
    const hour_ago = Math.floor(Date.now() / 1000) - 3_600;
    const forged: [string, string][] = [
      [body, ''],
      [body, sign(body, { secret: 'whsec_other' })],
      [body, sign(body, { timestamp: hour_ago })],
      [`${body} `, sign(body)],
      ['', sign('')],
    ];
    for (const [text, signature] of forged) {
      const answer = await send(text, signature);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'signature_invalid' });
    }
    expect((await send('x'.repeat(1_100_000), sign('x'))).status).toBe(413);
    const kept = await stored(business.tenant_id);
    expect(kept.filter(({ event_id }) => event_id === 'evt_forged')).toEqual([]);
    expect(await business.paymentsOf(charter_id)).toMatchObject([{ status: 'pending' }]);
  });
});

test('what was told long ago is forgotten, and told once more it changes nothing', async () => {
  const { business, charter_id, payment_id } = await aPendingPayment();
  const of = { type: OUTCOMES[0], payment_id, id: 'evt_old' };
  const [old, fresh] = [of, { ...of, id: 'evt_fresh' }].map((one) => anEvent(business, one));
  for (const event of [await old, await fresh]) await send(event ?? '', sign(event ?? ''));
  await payments.database.inspect(
    `UPDATE payments.provider_events SET received_at = now() - interval '91 days'
     WHERE event_id = 'evt_old'`,
  );
  const [paid, books] = [await business.paymentsOf(charter_id), await business.books()];
  const worker = connect({ url: payments.database.url('payments_worker'), max: 1 });
  await deleteExpired(worker, EXPIRED);
  await worker.close();
  const left = async () => (await stored(business.tenant_id)).map(({ event_id }) => event_id);
  expect(await left()).not.toContain('evt_old');
  expect(await left()).toContain('evt_fresh');

  const again = (await old) ?? '';
  expect((await send(again, sign(again))).status).toBe(200);
  expect(await business.paymentsOf(charter_id)).toEqual(paid);
  expect(await business.books()).toEqual(books);
});
