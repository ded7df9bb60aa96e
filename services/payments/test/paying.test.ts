import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aBusiness, allDown, noDeposit, type Payments, servePayments, usd } from './a-business.ts';

let payments: Payments;
beforeAll(async () => {
  payments = await servePayments();
});
afterAll(() => payments.stop());

describe('the schedule', () => {
  test('comes with the acceptance, once, however often it is told', async () => {
    const business = await aBusiness(payments);
    const charter_id = randomUUID();
    const event = await business.hearsAccepted(charter_id);
    await business.hearsAccepted(charter_id, {}, event);
    await business.hearsAccepted(charter_id);
    const schedules = await business.schedulesOf(charter_id);
    expect(schedules).toMatchObject([
      {
        booking_id: charter_id,
        client_name: 'Riverside High School',
        total: usd(108_000),
        items: [
          { kind: 'deposit', amount: usd(21_600), status: 'open', paid_at: null },
          { kind: 'balance', amount: usd(86_400), status: 'open', paid_at: null },
        ],
      },
    ]);
    const [told, ...more] = await business.announced('schedule.created');
    expect(more).toEqual([]);
    expect(told).toMatchObject({ deposit_required: true, link_generation: 1, version: 1 });
  });

  test('without a deposit has the balance alone, and says that nothing is due first', async () => {
    const business = await aBusiness(payments);
    const { schedule } = await business.anAcceptedCharter(noDeposit);
    expect(schedule.items).toMatchObject([{ kind: 'balance', amount: usd(108_000) }]);
    const [told] = await business.announced('schedule.created');
    expect(told).toMatchObject({ deposit_required: false });
  });

  test('with all of it down has no balance', async () => {
    const business = await aBusiness(payments);
    const { schedule } = await business.anAcceptedCharter(allDown);
    expect(schedule.items).toMatchObject([{ kind: 'deposit', amount: usd(108_000) }]);
  });
});

describe('the link', () => {
  test('shows what was agreed and what is open, and no id of anything', async () => {
    const business = await aBusiness(payments);
    const { charter_id, schedule, token } = await business.anAcceptedCharter();
    const { status, body } = await business.opens(token);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      business_name: 'Blue Coach Lines',
      client_name: 'Riverside High School',
      currency: 'USD',
      lines: [{ description: 'coach_56, 10 hours', amount: usd(100_000) }],
      total: usd(108_000),
      items: [{ kind: 'deposit', status: 'open' }, { kind: 'balance' }],
    });
    const text = JSON.stringify(body);
    for (const id of [charter_id, schedule.id, business.tenant_id]) expect(text).not.toContain(id);
  });

  test('opens nothing when it is changed, of another kind, or of an old generation', async () => {
    const business = await aBusiness(payments);
    const { schedule, token } = await business.anAcceptedCharter();
    const changed = token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const others = [
      `${token.slice(0, 60)}${'A'.repeat(10)}`,
      changed === token ? '' : `B${token.slice(1)}`,
      business.sealed(schedule.id, { generation: 2 }),
      business.sealed(schedule.id, { tenant_id: randomUUID() }),
      business.sealed(randomUUID()),
      'short',
    ];
    for (const other of others) {
      expect((await business.opens(other)).status).toBe(404);
      expect((await business.pays(other, 'deposit')).status).toBe(404);
    }
  });
});

describe('paying', () => {
  test('charges the card once, on the account of the business, and is posted', async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    const { status, body } = await business.pays(token, 'deposit');
    expect(status).toBe(200);
    expect(body).toMatchObject({ item: 'deposit', amount: usd(21_600), status: 'succeeded' });
    expect(await business.charged(charter_id)).toEqual([21_600]);
    expect(await business.books()).toEqual({
      provider_clearing: 21_600,
      customer_deposits: 21_600,
    });
    expect(await business.announced('payment.succeeded')).toMatchObject([
      { payment_id: body.id, booking_id: charter_id, item: 'deposit', amount: usd(21_600) },
    ]);
    const shown = await business.opens(token);
    expect(shown.body.items).toMatchObject([{ status: 'paid' }, { status: 'open' }]);
    const payment = await business.accountant.does('getPayment', { params: { id: body.id } });
    expect(payment).toMatchObject({ status: 'succeeded', booking_id: charter_id, version: 2 });
  });

  test("with a refused card says why, in the provider's words; another card pays", async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    const poor = 'pm_card_visa_chargeDeclinedInsufficientFunds';
    const { status, code, body } = await business.pays(token, 'deposit', poor);
    expect([status, code]).toEqual([402, 'card_declined']);
    expect(body).toMatchObject({ decline_code: 'insufficient_funds' });
    expect(await business.announced('payment.failed')).toMatchObject([
      { item: 'deposit', code: 'card_declined', decline_code: 'insufficient_funds' },
    ]);
    expect(await business.books()).toEqual({});
    expect((await business.pays(token, 'deposit')).status).toBe(200);
    const attempts = await business.paymentsOf(charter_id);
    expect(attempts.map((one) => one.status)).toEqual(['failed', 'succeeded']);
  });

  test.each([
    ['pm_card_chargeDeclinedExpiredCard', 402, 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 402, 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 402, 'processing_error'],
    ['pm_card_nobodyKnowsThis', 422, 'payment_method_invalid'],
  ])('with %s is %i %s, and the item stays open', async (card, status, code) => {
    const business = await aBusiness(payments);
    const { token } = await business.anAcceptedCharter();
    const answer = await business.pays(token, 'deposit', card);
    expect([answer.status, answer.code]).toEqual([status, code]);
    const { body } = await business.opens(token);
    expect(body.items[0]).toMatchObject({ status: 'open' });
  });

  test('what is paid already, or what is not asked, is refused', async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter(noDeposit);
    expect((await business.pays(token, 'deposit')).status).toBe(404);
    expect((await business.pays(token, 'balance')).status).toBe(200);
    const again = await business.pays(token, 'balance');
    expect([again.status, again.code]).toEqual([409, 'item_already_paid']);
    expect(await business.charged(charter_id)).toEqual([108_000]);
  });

  test('before the business has its account makes that first, and only one', async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    expect(await business.account()).toBe('');
    expect((await business.pays(token, 'deposit')).status).toBe(200);
    const account = await business.account();
    await business.signsUp();
    await payments.sweeps();
    expect(await business.account()).toBe(account);
    expect(await business.charged(charter_id)).toEqual([21_600]);
  });

  test('a body that is not as declared is refused', async () => {
    const business = await aBusiness(payments);
    const { token } = await business.anAcceptedCharter();
    const params = { token };
    for (const body of [
      { item: 'tip', payment_method: 'pm_card_visa' },
      { item: 'deposit', payment_method: '4242424242424242' },
      { item: 'deposit', payment_method: 'pm_card_visa', amount: 1 },
    ]) {
      const answer = await business.anybody.tries('payItem', { params, body } as never);
      expect(answer.status).toBe(422);
    }
  });

  test('leaves no trace of the payment method in audit, events or payments', async () => {
    const business = await aBusiness(payments);
    const { token } = await business.anAcceptedCharter();
    await business.pays(token, 'deposit');
    const rows = await payments.database.inspect(
      `SELECT to_jsonb(a)::text AS row FROM payments.audit_log a WHERE tenant_id = $1
       UNION ALL SELECT to_jsonb(o)::text FROM payments.outbox o WHERE tenant_id = $1
       UNION ALL SELECT to_jsonb(p)::text FROM payments.payments p WHERE tenant_id = $1`,
      [business.tenant_id],
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(JSON.stringify(rows)).not.toContain('pm_card');
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});

describe('the same payment twice', () => {
  test('with one key is one charge, and one answer byte for byte', async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    const first = await business.pays(token, 'deposit', 'pm_card_visa', 'click');
    const second = await business.pays(token, 'deposit', 'pm_card_visa', 'click');
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(JSON.stringify(second.body)).toBe(JSON.stringify(first.body));
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await business.charged(charter_id)).toEqual([21_600]);
    const other = await business.pays(token, 'balance', 'pm_card_visa', 'click');
    expect([other.status, other.code]).toEqual([422, 'idempotency_key_reused']);
  });

  test('with one key is declined as before, and the provider is not asked again', async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    const card = 'pm_card_visa_chargeDeclinedLostCard';
    const first = await business.pays(token, 'deposit', card, 'click');
    const second = await business.pays(token, 'deposit', card, 'click');
    const told = ({ body }: typeof first) => ({ ...body, request_id: '' });
    expect(first.status).toBe(402);
    expect(told(second)).toEqual(told(first));
    expect(await business.paymentsOf(charter_id)).toHaveLength(1);
  });

  test.each([undefined, 'one-key'])('twenty times at once (key: %s) is one charge', async (key) => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    const clicks = Array.from({ length: 20 }, () =>
      business.pays(token, 'deposit', 'pm_card_visa', key),
    );
    const answers = await Promise.all(clicks);
    const paid = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 409);
    expect(paid.length + refused.length).toBe(20);
    expect(new Set(paid.map(({ body }) => body.id)).size).toBe(1);
    expect(await business.charged(charter_id)).toEqual([21_600]);
    expect(await business.announced('payment.succeeded')).toHaveLength(1);
  });
});
