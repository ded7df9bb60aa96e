import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect, type Origin, raw, type Sql, sql } from '@roundhouse/database';
import { openAccounts, post } from '../src/ledger/store.ts';
import { aBusiness, type Payments, servePayments, usd } from './a-business.ts';

let payments: Payments;
beforeAll(async () => {
  payments = await servePayments();
});
afterAll(() => payments.stop());

const origin: Origin = {
  ...{ actor_kind: 'system', actor_id: null },
  ...{ request_id: 'test', address: null },
};

/** A posting as it should be; tests state only what is wrong with it. */
const aPosting = (entries: [string, number, number][]) => ({
  ...{ cause_type: 'payment', cause_id: randomUUID(), booking_id: randomUUID() },
  currency: 'USD',
  entries: entries.map(([account_code, debit_amount, credit_amount]) => ({
    account_code,
    debit_amount,
    credit_amount,
  })),
});

const posts = (tenant_id: string, posting: ReturnType<typeof aPosting>) =>
  payments.app.tenant(tenant_id, origin).transaction(async (tx) => {
    openAccounts(tx, 'USD');
    post(tx, posting as never);
  });

describe('the database refuses', () => {
  test.each([
    [
      'debits that are not credits',
      [
        ['provider_clearing', 100, 0],
        ['customer_deposits', 0, 99],
      ],
    ],
    ['one entry alone', [['provider_clearing', 100, 0]]],
    [
      'two debits',
      [
        ['provider_clearing', 100, 0],
        ['customer_deposits', 100, 0],
      ],
    ],
    [
      'an entry on both sides',
      [
        ['provider_clearing', 100, 100],
        ['customer_deposits', 0, 0],
      ],
    ],
    [
      'an entry below zero',
      [
        ['provider_clearing', -5, 0],
        ['customer_deposits', 0, -5],
      ],
    ],
    [
      'an account that is not in the chart',
      [
        ['petty_cash', 5, 0],
        ['revenue', 0, 5],
      ],
    ],
  ] as [string, [string, number, number][]][])('%s', async (_, entries) => {
    const tenant_id = randomUUID();
    await expect(posts(tenant_id, aPosting(entries))).rejects.toThrow();
    const rows = await payments.database.inspect(
      'SELECT id FROM payments.ledger_transactions WHERE tenant_id = $1',
      [tenant_id],
    );
    expect(rows).toEqual([]);
  });

  const good: [string, number, number][] = [
    ['provider_clearing', 100, 0],
    ['customer_deposits', 0, 100],
  ];

  test('a transaction without entries', async () => {
    const work = payments.app.tenant(randomUUID(), origin).transaction(async (tx) => {
      tx.queue(sql`
        INSERT INTO ledger_transactions (tenant_id, cause_type, cause_id, booking_id, currency,
          total_amount, posted_at)
        VALUES (${tx.tenant.id}, 'payment', ${randomUUID()}, ${randomUUID()}, 'USD', 1, now())`);
    });
    await expect(work).rejects.toMatchObject({ constraint: 'ledger_transactions_balance' });
  });

  test('the same cause a second time', async () => {
    const tenant_id = randomUUID();
    const posting = aPosting(good);
    await posts(tenant_id, posting);
    await expect(posts(tenant_id, posting)).rejects.toMatchObject({
      constraint: 'one_posting_per_cause',
    });
  });

  test('a balanced pair slipped into what was posted, and another currency', async () => {
    const tenant_id = randomUUID();
    await posts(tenant_id, aPosting(good));
    const adds = (currency: string) =>
      payments.app.tenant(tenant_id, origin).transaction(async (tx) => {
        openAccounts(tx, currency);
        tx.queue(sql`
          INSERT INTO ledger_entries (tenant_id, transaction_id, account_code, currency, booking_id,
            debit_amount, credit_amount)
          SELECT tenant_id, id, code, ${currency}::text, booking_id, debit, credit
          FROM ledger_transactions, (VALUES ('provider_clearing', 7, 0), ('revenue', 0, 7))
            AS t(code, debit, credit) WHERE tenant_id = ${tenant_id}`);
      });
    await expect(adds('USD')).rejects.toMatchObject({ constraint: 'ledger_transactions_balance' });
    await expect(adds('EUR')).rejects.toThrow(/foreign key/);
  });

  test.each(['app', 'owner', 'worker'])(
    'change, deletion and truncation by the %s',
    async (role) => {
      const tenant_id = randomUUID();
      await posts(tenant_id, aPosting(good));
      const database = connect({ url: payments.database.url(`payments_${role}`), max: 1 });
      const tries = (statement: Sql) =>
        database.tenant(tenant_id, origin).transaction((tx) => tx.query(statement));
      try {
        for (const table of [raw('ledger_entries'), raw('ledger_transactions')]) {
          for (const statement of [
            sql`UPDATE ${table} SET currency = 'EUR'`,
            sql`DELETE FROM ${table}`,
            sql`TRUNCATE ${table} CASCADE`,
          ]) {
            await expect(tries(statement)).rejects.toMatchObject({ code: '42501' });
          }
        }
      } finally {
        await database.close();
      }
    },
  );
});

test("the books agree with the provider's, and with themselves, by charter", async () => {
  const business = await aBusiness(payments);
  const first = await business.anAcceptedCharter();
  const second = await business.anAcceptedCharter();
  await business.anAcceptedCharter();
  await business.pays(first.token, 'deposit', 'pm_card_chargeDeclined');
  await business.pays(first.token, 'deposit');
  await business.pays(first.token, 'balance');
  await business.pays(second.token, 'deposit');
  await business.hearsCompleted(second.charter_id);

  const { balances } = await payments.book(await business.account());
  const books = await business.books();
  expect(balances).toMatchObject([{ currency: 'usd', total: books.provider_clearing }]);
  expect(await business.accountant.does('getTrialBalance', {})).toEqual({
    data: [{ currency: 'USD', debits: usd(259_200), credits: usd(259_200) }],
  });
  const standing = await payments.database.inspect(
    `SELECT booking_id, sum(debit_amount - credit_amount)::int AS balance
     FROM payments.ledger_entries WHERE tenant_id = $1
       AND account_code IN ('customer_deposits', 'accounts_receivable')
     GROUP BY booking_id ORDER BY balance`,
    [business.tenant_id],
  );
  expect(standing).toEqual([
    { booking_id: first.charter_id, balance: -108_000 },
    { booking_id: second.charter_id, balance: 86_400 },
  ]);
});
