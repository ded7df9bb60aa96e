import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startSweep } from '@roundhouse/jobs';
import { eventually } from '@roundhouse/testing';
import { aBusiness, type Payments, servePayments } from './a-business.ts';

let payments: Payments;
beforeAll(async () => {
  payments = await servePayments();
});
afterAll(() => payments.stop());
beforeEach(() => payments.stripe({ clear: true }));

const CHARGES = '/v1/payment_intents';

/** A business with its account, so that what goes wrong is the charge. */
async function aBusinessWithItsAccount() {
  const business = await aBusiness(payments);
  while ((await business.account()) === '') await payments.sweeps();
  return business;
}

describe('a provider that does not answer', () => {
  test('leaves the payment pending; the sweep settles it with one charge', async () => {
    const business = await aBusinessWithItsAccount();
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ faults: [{ path: CHARGES, hang_ms: 30_000, times: 3 }] });
    const { status, code, headers, body } = await business.pays(token, 'deposit');
    expect([status, code]).toEqual([503, 'payment_outcome_unknown']);
    expect(headers.get('retry-after')).toBe('2');
    expect(body).toMatchObject({ payment_status: 'pending' });
    const shown = await business.opens(token);
    expect(shown.body.items[0]).toMatchObject({ status: 'pending' });
    expect(await business.books()).toEqual({});

    await payments.stripe({ clear: true });
    expect(await business.settled(charter_id)).toMatchObject([{ status: 'succeeded' }]);
    expect(await business.charged(charter_id)).toEqual([21_600]);
    expect(await business.books()).toEqual({
      provider_clearing: 21_600,
      customer_deposits: 21_600,
    });
    const again = await business.pays(token, 'deposit');
    expect([again.status, again.code]).toEqual([409, 'item_already_paid']);
  });

  test('is asked for the same attempt by whoever pays again, with another card too', async () => {
    const business = await aBusinessWithItsAccount();
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ faults: [{ path: CHARGES, fail: { status: 503 } }] });
    expect((await business.pays(token, 'deposit')).status).toBe(503);
    expect((await business.pays(token, 'deposit', 'pm_card_amex')).status).toBe(200);
    expect(await business.paymentsOf(charter_id)).toHaveLength(1);
    expect(await business.charged(charter_id)).toEqual([21_600]);
  });

  test('at the making of the account leaves the payment pending until later', async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ faults: [{ path: '/v1/accounts', fail: { status: 500 }, times: 9 }] });
    expect((await business.pays(token, 'deposit')).code).toBe('payment_outcome_unknown');
    await payments.stripe({ clear: true });
    expect(await business.settled(charter_id)).toMatchObject([{ status: 'succeeded' }]);
    expect(await business.charged(charter_id)).toEqual([21_600]);
  });

  test.each([429, 401, 403, 409, 500, 503])(
    'and says %i instead, did or did not charge: nobody knows, until it is asked again',
    async (status) => {
      const business = await aBusinessWithItsAccount();
      const { charter_id, token } = await business.anAcceptedCharter();
      await payments.stripe({ faults: [{ path: CHARGES, fail: { status } }] });
      const { code } = await business.pays(token, 'deposit');
      expect(code).toBe('payment_outcome_unknown');
      expect(await business.settled(charter_id)).toMatchObject([{ status: 'succeeded' }]);
      expect(await business.charged(charter_id)).toEqual([21_600]);
    },
  );
});

describe('an answer that is lost', () => {
  const cut = { path: CHARGES, cut_answer: true, times: 2 };

  test('is got by a repeat with the same key, of one charge', async () => {
    const business = await aBusinessWithItsAccount();
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ faults: [cut] });
    const lost = await business.pays(token, 'deposit', 'pm_card_visa', 'click');
    expect([lost.status, lost.code]).toEqual([503, 'payment_outcome_unknown']);
    const repeat = await business.pays(token, 'deposit', 'pm_card_visa', 'click');
    expect(repeat.status).toBe(200);
    const third = await business.pays(token, 'deposit', 'pm_card_visa', 'click');
    expect(JSON.stringify(third.body)).toBe(JSON.stringify(repeat.body));
    expect(await business.charged(charter_id)).toEqual([21_600]);
    expect(await business.paymentsOf(charter_id)).toHaveLength(1);
  });

  test('is found by the sweep; a repeat with the key is told, and then told the same', async () => {
    const business = await aBusinessWithItsAccount();
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ faults: [cut] });
    await business.pays(token, 'deposit', 'pm_card_visa', 'click');
    const [payment] = await business.settled(charter_id);
    const repeat = await business.pays(token, 'deposit', 'pm_card_visa', 'click');
    expect([repeat.status, repeat.body.id]).toEqual([200, payment?.id]);
    const third = await business.pays(token, 'deposit', 'pm_card_visa', 'click');
    expect(third.headers.get('idempotent-replayed')).toBe('true');
    expect(JSON.stringify(third.body)).toBe(JSON.stringify(repeat.body));
    expect(await business.charged(charter_id)).toEqual([21_600]);
  });

  test('of a refusal is a refusal when it is found', async () => {
    const business = await aBusinessWithItsAccount();
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ faults: [cut] });
    await business.pays(token, 'deposit', 'pm_card_visa_chargeDeclined');
    const [payment] = await business.settled(charter_id);
    expect(payment).toMatchObject({ status: 'failed', failure_code: 'card_declined' });
    expect((await business.pays(token, 'deposit')).status).toBe(200);
    expect(await business.charged(charter_id)).toEqual([21_600]);
  });
});

describe('a key that is of no use any more', () => {
  test('because the provider broke under it: it is looked for, and is not there', async () => {
    const business = await aBusinessWithItsAccount();
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ faults: [{ path: CHARGES, fail: { status: 500, stored: true } }] });
    expect((await business.pays(token, 'deposit')).status).toBe(503);
    const [payment] = await business.settled(charter_id);
    expect(payment).toMatchObject({ status: 'failed', failure_code: 'processing_error' });
    expect((await business.pays(token, 'deposit')).status).toBe(200);
    expect(await business.charged(charter_id)).toEqual([21_600]);
  });

  /** All clocks but ours say that it was asked a day ago. */
  const aDayPasses = async (charter_id: string) => {
    await payments.database.inspect(
      `UPDATE payments.effects SET created_at = created_at - interval '25 hours'
       WHERE cause_id = (SELECT id FROM payments.payments WHERE booking_id = $1)`,
      [charter_id],
    );
  };

  test('because a day has passed: the charge that was made is found by our own id', async () => {
    const business = await aBusinessWithItsAccount();
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    const { charter_id, token } = await business.anAcceptedCharter();
    payments.clock.stripe = () => yesterday;
    await payments.stripe({ faults: [{ path: CHARGES, cut_answer: true, times: 2 }] });
    expect((await business.pays(token, 'deposit')).status).toBe(503);
    payments.clock.stripe = () => new Date();
    await aDayPasses(charter_id);
    expect(await business.settled(charter_id)).toMatchObject([{ status: 'succeeded' }]);
    expect(await business.charged(charter_id)).toEqual([21_600]);
  });

  test('because a day has passed: what was never charged is not charged then', async () => {
    const business = await aBusinessWithItsAccount();
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ faults: [{ path: CHARGES, fail: { status: 503 } }] });
    expect((await business.pays(token, 'deposit')).status).toBe(503);
    await aDayPasses(charter_id);
    expect(await business.settled(charter_id)).toMatchObject([{ status: 'failed' }]);
    expect(await business.charged(charter_id)).toEqual([]);
  });
});

test('a charge of another amount settles nothing, is said aloud, and asked later', async () => {
  const business = await aBusinessWithItsAccount();
  const { charter_id, token } = await business.anAcceptedCharter();
  await payments.stripe({
    faults: [{ path: CHARGES, cut_answer: true, times: 2 }],
    webhooks: { hold: true },
  });
  expect((await business.pays(token, 'deposit')).status).toBe(503);
  // As if the provider had taken more than it was asked for.
  await payments.database.inspect(
    'UPDATE payments.payments SET charge_amount = 20000 WHERE booking_id = $1',
    [charter_id],
  );
  const effect = async () =>
    payments.database.inspect<{ last_error: string; state: string; attempts: number }>(
      `SELECT last_error, state, attempts FROM payments.effects
       WHERE cause_id = (SELECT id FROM payments.payments WHERE booking_id = $1)`,
      [charter_id],
    );
  await eventually(async () => {
    await payments.sweeps();
    expect(await effect()).toEqual([
      { last_error: 'amount_differs', state: 'unknown', attempts: 3 },
    ]);
  });
  const [payment] = await business.paymentsOf(charter_id);
  const told = { event: 'payment_amount_differs', payment_id: payment?.id };
  expect(payments.errors).toEqual([expect.objectContaining(told), expect.objectContaining(told)]);
  expect(payment).toMatchObject({ status: 'pending' });

  await payments.stripe({ webhooks: { hold: false } });
  await eventually(async () => expect(payments.errors).toHaveLength(3));
  expect(payments.errors[2]).toMatchObject({ ...told, type: 'payment_intent.succeeded' });
  expect(await business.paymentsOf(charter_id)).toEqual([payment]);
  expect(await business.books()).toEqual({});
});

test('the sweep is woken by a sign-up, makes the account, and stops when told', async () => {
  const sweep = startSweep(payments.sweep);
  const business = await aBusiness(payments);
  await eventually(async () => expect(await business.account()).toMatch(/^acct_/));
  await sweep.stop();
  const later = await aBusiness(payments);
  expect(await later.account()).toBe('');
  await payments.sweeps();
});

test('whoever dies after the first step leaves it to the sweep, after the lease', async () => {
  const business = await aBusinessWithItsAccount();
  const { charter_id, token } = await business.anAcceptedCharter();
  await payments.stripe({ faults: [{ path: CHARGES, fail: { status: 503 } }] });
  await business.pays(token, 'deposit', 'pm_card_visa', 'click');
  // As a process leaves it that was killed while it waited for the provider.
  const lease = (due: string) =>
    payments.database.inspect(
      `UPDATE payments.effects SET state = 'sent', due_at = ${due}
       WHERE cause_id = (SELECT id FROM payments.payments WHERE booking_id = $1)`,
      [charter_id],
    );
  await lease(`now() + interval '1 minute'`);
  const other = await business.pays(token, 'deposit');
  expect([other.status, other.code]).toEqual([409, 'payment_in_progress']);
  const own = await business.pays(token, 'deposit', 'pm_card_visa', 'click');
  expect([own.status, own.code]).toEqual([409, 'idempotency_key_in_use']);
  await payments.sweeps();
  expect(await business.paymentsOf(charter_id)).toMatchObject([{ status: 'pending' }]);
  await lease('now()');
  expect(await business.settled(charter_id)).toMatchObject([{ status: 'succeeded' }]);
  expect(await business.charged(charter_id)).toEqual([21_600]);
});
