import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CharterCompleted } from '@roundhouse/bookings/events';
import { type Origin, sql } from '@roundhouse/database';
import { takeTogether } from '@roundhouse/events';
import { eventually } from '@roundhouse/testing';
import { settlePayment } from '../src/payments/settle.ts';
import { subscriptions } from '../src/subscriptions.ts';
import {
  aBusiness,
  allDown,
  type Business,
  noDeposit,
  type Payments,
  servePayments,
  usd,
} from './a-business.ts';

let payments: Payments;
beforeAll(async () => {
  payments = await servePayments();
});
afterAll(() => payments.stop());

const system: Origin = {
  ...{ actor_kind: 'system', actor_id: null },
  ...{ request_id: 'test', address: null },
};

/** What stands on the accounts once the work is done and nothing is open. */
const SETTLED = { provider_clearing: 108_000, revenue: 100_000, tax_payable: 8_000 };

describe('the invoice', () => {
  test('is issued over what was agreed, the deposit applied; the balance pays it', async () => {
    const business = await aBusiness(payments);
    const { charter_id, schedule, token } = await business.anAcceptedCharter();
    await business.pays(token, 'deposit');
    await business.hearsCompleted(charter_id);
    const [invoice] = await business.invoicesOf(charter_id);
    expect(invoice).toMatchObject({
      number: 'INV-000001',
      schedule_id: schedule.id,
      status: 'open',
      bill_to: { name: 'Riverside High School' },
      lines: [{ description: 'coach_56, 10 hours', amount: usd(100_000) }],
      net: usd(100_000),
      tax: { name: 'Tax', rate_ppm: 80_000, amount: usd(8_000) },
      total: usd(108_000),
      paid: usd(21_600),
      open: usd(86_400),
    });
    expect(await business.announced('invoice.issued')).toMatchObject([
      { number: 'INV-000001', booking_id: charter_id, open: usd(86_400) },
    ]);
    expect(await business.books()).toEqual({
      ...{ provider_clearing: 21_600, accounts_receivable: 86_400 },
      ...{ revenue: 100_000, tax_payable: 8_000 },
    });
    expect(await business.announced('invoice.paid')).toEqual([]);

    expect((await business.pays(token, 'balance')).status).toBe(200);
    const params = { id: invoice?.id ?? '' };
    const paid = await business.accountant.does('getInvoice', { params });
    expect(paid).toMatchObject({ status: 'paid', open: usd(0), version: 2 });
    expect(await business.announced('invoice.paid')).toMatchObject([{ open: usd(0) }]);
    expect(await business.books()).toEqual(SETTLED);
  });

  test('is paid at once where all was paid before, and says both', async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    await business.pays(token, 'balance');
    await business.pays(token, 'deposit');
    await business.hearsCompleted(charter_id);
    expect(await business.invoicesOf(charter_id)).toMatchObject([{ status: 'paid' }]);
    expect(await business.announced('invoice.issued')).toHaveLength(1);
    expect(await business.announced('invoice.paid')).toHaveLength(1);
    expect(await business.books()).toEqual(SETTLED);
  });

  test.each([
    ['without a deposit', noDeposit, 'balance'],
    ['with all of it down', allDown, 'deposit'],
  ] as const)('%s is paid by the one item that there is', async (_, agreement, item) => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter(agreement);
    await business.hearsCompleted(charter_id);
    expect(await business.invoicesOf(charter_id)).toMatchObject([{ open: usd(108_000) }]);
    await business.pays(token, item);
    expect(await business.invoicesOf(charter_id)).toMatchObject([{ status: 'paid' }]);
    expect(await business.books()).toEqual(SETTLED);
  });

  test('of a charter for nothing is paid, and nothing is posted', async () => {
    const business = await aBusiness(payments);
    const free = { net: usd(0), total: usd(0), deposit: usd(0), balance: usd(0) };
    const tax = { name: 'Tax', rate_ppm: 80_000, amount: usd(0) };
    const { charter_id } = await business.anAcceptedCharter({ ...free, tax });
    await business.hearsCompleted(charter_id);
    expect(await business.invoicesOf(charter_id)).toMatchObject([{ status: 'paid' }]);
    expect(await business.books()).toEqual({});
  });

  test('is one, however often it is told, and waits for a late acceptance', async () => {
    const business = await aBusiness(payments);
    const charter_id = randomUUID();
    const event = randomUUID();
    await expect(business.hearsCompleted(charter_id, event)).rejects.toThrow('no schedule yet');
    const unheard = await payments.database.inspect(
      'SELECT event_id FROM payments.inbox WHERE event_id = $1',
      [event],
    );
    expect(unheard).toEqual([]);
    await business.hearsAccepted(charter_id);
    await business.hearsCompleted(charter_id, event);
    await business.hearsCompleted(charter_id, event);
    await business.hearsCompleted(charter_id);
    expect(await business.invoicesOf(charter_id)).toHaveLength(1);
    expect(await business.announced('invoice.issued')).toHaveLength(1);
  });
});

describe('a trip that is completed while its deposit is paid', () => {
  test('has its deposit applied, whichever comes first', async () => {
    for (let round = 0; round < 10; round += 1) {
      const business = await aBusiness(payments);
      const { charter_id, token } = await business.anAcceptedCharter();
      await Promise.all([business.pays(token, 'deposit'), business.hearsCompleted(charter_id)]);
      expect(await business.invoicesOf(charter_id)).toMatchObject([{ open: usd(86_400) }]);
      expect(await business.books()).toMatchObject({ accounts_receivable: 86_400 });
      expect(await business.books()).not.toHaveProperty('customer_deposits');
    }
  });

  test('waits with its invoice for a payment that is just being settled', async () => {
    const business = await aBusiness(payments);
    const { charter_id, token } = await business.anAcceptedCharter();
    await payments.stripe({ faults: [{ path: '/v1/payment_intents', fail: { status: 503 } }] });
    await business.pays(token, 'deposit');
    const [payment] = await business.paymentsOf(charter_id);
    const [written, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const outcome = { kind: 'succeeded' as const, provider_payment_id: 'pi', amount: usd(21_600) };
    const settling = payments.app.tenant(business.tenant_id, system).transaction(async (tx) => {
      await settlePayment(tx, payment?.id ?? '', outcome);
      await tx.query(sql`SELECT 1`);
      written.resolve();
      await released.promise;
    });
    await written.promise;
    const completing = business.hearsCompleted(charter_id);
    const waiting = eventually(async () => {
      const rows = await payments.database.inspect(
        `SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(rows).toHaveLength(1);
    });
    await Promise.race([completing, waiting]);
    released.resolve();
    await Promise.all([settling, completing]);
    expect(await business.invoicesOf(charter_id)).toMatchObject([{ open: usd(86_400) }]);
    expect(await business.books()).not.toHaveProperty('customer_deposits');
  });
});

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

test.each(ORDERS)('what is heard doubled and as %i %i %i ends the same', async (...order) => {
  const business = await aBusiness(payments, { known: false });
  const charter_id = randomUUID();
  const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
  const all = [
    () => business.signsUp(one),
    () => business.hearsAccepted(charter_id, {}, two),
    () => business.hearsCompleted(charter_id, three),
  ];
  const told = [...order, ...order.toReversed()].map((index) => all[index] ?? all[0]);
  // As the transport does it: what fails comes again, behind the others.
  for (let tries = 0; told.length > 0 && tries < 20; tries += 1) {
    const tell = told.shift();
    await tell?.().catch(() => told.push(tell));
  }
  expect(told).toEqual([]);
  expect(await business.schedulesOf(charter_id)).toHaveLength(1);
  expect(await business.invoicesOf(charter_id)).toMatchObject([{ number: 'INV-000001' }]);
  expect(await business.announced('%')).toHaveLength(2);
  expect(await business.books()).toEqual({
    ...{ accounts_receivable: 108_000, revenue: 100_000, tax_payable: 8_000 },
  });
});

const numbersOf = async ({ accountant }: Business) => {
  const query = { sort: 'issued_at', limit: '200' };
  const { data } = await accountant.does('listInvoices', { query });
  return data.map(({ number }) => number).sort();
};
const numbersTo = (count: number) =>
  Array.from({ length: count }, (_, index) => `INV-${String(index + 1).padStart(6, '0')}`);

describe('the numbers of invoices', () => {
  test('have no gap after twenty completions at once, some of them rolled back', async () => {
    const business = await aBusiness(payments);
    const charters = [];
    for (let count = 0; count < 20; count += 1) {
      charters.push((await business.anAcceptedCharter()).charter_id);
    }
    const completed = (charter_id: string) => ({
      ...{ specversion: '1.0' as const, id: randomUUID(), source: '/services/bookings' },
      ...{ type: CharterCompleted.type, subject: charter_id, time: '2026-11-21T09:00:00Z' },
      ...{ tenantid: business.tenant_id, datacontenttype: 'application/json' as const },
      data: { ...CharterCompleted.example, charter_id },
    });
    const consumer = {
      ...{ database: payments.app, transport: undefined as never, queue: 'payments' },
      ...{ subscriptions, onFailure: () => undefined },
    };
    // Each third one stands in a batch with an event that fails, which undoes them both.
    const answers = await Promise.allSettled(
      charters.map((charter_id, index) =>
        takeTogether(consumer, [
          completed(charter_id),
          ...(index % 3 === 0 ? [completed(randomUUID())] : []),
        ]),
      ),
    );
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(7);
    expect(await numbersOf(business)).toEqual(numbersTo(13));
    for (const charter_id of charters) await business.hearsCompleted(charter_id);
    expect(await numbersOf(business)).toEqual(numbersTo(20));
  });

  test('begin anew with each business', async () => {
    for (const business of [await aBusiness(payments), await aBusiness(payments)]) {
      const { charter_id } = await business.anAcceptedCharter();
      await business.hearsCompleted(charter_id);
      expect(await numbersOf(business)).toEqual(['INV-000001']);
    }
  });

  test('of two businesses may be given in one batch of events', async () => {
    const [one, other] = [await aBusiness(payments), await aBusiness(payments)];
    const batch = [];
    for (const business of [one, other]) {
      const { charter_id } = await business.anAcceptedCharter();
      batch.push({
        ...{ specversion: '1.0' as const, id: randomUUID(), source: '/services/bookings' },
        ...{ type: CharterCompleted.type, subject: charter_id, time: '2026-11-21T09:00:00Z' },
        ...{ tenantid: business.tenant_id, datacontenttype: 'application/json' as const },
        data: { ...CharterCompleted.example, charter_id },
      });
    }
    await takeTogether(
      {
        ...{ database: payments.app, transport: undefined as never, queue: 'payments' },
        ...{ subscriptions, onFailure: () => undefined },
      },
      batch,
    );
    for (const business of [one, other]) {
      expect(await business.books()).toMatchObject({ accounts_receivable: 108_000 });
    }
  });
});
