/** `scripts/verify`: prints `ok - …` or `not ok - …` for each law, and fails when one is broken. */
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { laws } from './verify-queries.ts';

/** What is under way has this long to arrive. */
const DRAIN_MS = 30_000;

const { DATABASE_URL, STRIPE_ADMIN_URL } = process.env;
const database = new pg.Client({ connectionString: DATABASE_URL });
await database.connect();
let failed = 0;

function verdict(name: string, wrong: unknown[]): void {
  const holds = wrong.length === 0;
  if (!holds) failed += 1;
  const detail = holds ? '' : `: ${wrong.length} wrong, such as ${JSON.stringify(wrong[0])}`;
  process.stdout.write(`${holds ? 'ok' : 'not ok'} - ${name}${detail}\n`);
}

const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await database.query(sql)).rows;

/** The schemas that have an outbox: one for each service. */
const services = (
  await rows(`SELECT table_schema AS name FROM information_schema.tables
    WHERE table_name = 'outbox' ORDER BY 1`)
).map(({ name }) => String(name));

/** Events that are written down and not sent, or sent and not in the inbox of a reader. */
async function underWay(): Promise<unknown[]> {
  const outboxes = services.map(
    (name) => `SELECT tenant_id, id, type, sent_at FROM ${name}.outbox`,
  );
  const inboxes = services.map((name) => `SELECT tenant_id, queue, event_id FROM ${name}.inbox`);
  return rows(`
    WITH sent AS (${outboxes.join(' UNION ALL ')}), received AS (${inboxes.join(' UNION ALL ')})
    SELECT sent.type, subscriptions.queue, sent.id FROM sent
    LEFT JOIN transport.subscriptions ON subscriptions.type = sent.type
    LEFT JOIN received ON received.tenant_id = sent.tenant_id
      AND received.queue = subscriptions.queue AND received.event_id = sent.id
    WHERE sent.sent_at IS NULL
      OR (subscriptions.queue IS NOT NULL AND received.event_id IS NULL)`);
}

const unsettled = async () => [
  ...(await underWay()),
  ...(await rows(`SELECT id FROM payments.effects WHERE state <> 'confirmed'`)),
];

async function drained(): Promise<void> {
  const deadline = performance.now() + DRAIN_MS;
  while ((await unsettled()).length > 0 && performance.now() < deadline) await setTimeout(200);
}

interface Charge {
  payment_intent: string;
  amount: number;
  currency: string;
  status: string;
  metadata: { payment_id?: string };
}

interface Book {
  accounts: {
    account: string;
    balances: { currency: string; total: number }[];
    charges: Charge[];
  }[];
}

/** The provider may be coming up again just now. */
async function providersBook(): Promise<Book> {
  const deadline = performance.now() + DRAIN_MS;
  for (;;) {
    try {
      return (await (await fetch(`${STRIPE_ADMIN_URL}/book`)).json()) as Book;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await setTimeout(200);
  }
}

/** Two records kept apart, by us and by the provider, must tell the same. */
async function compareWithProvider(): Promise<void> {
  const book = await providersBook();
  const theirs = new Map<string, number>();
  const charged = new Map<string, number>();
  for (const { account, balances, charges } of book.accounts) {
    for (const { currency, total } of balances) {
      theirs.set(`${account} ${currency.toUpperCase()}`, total);
    }
    for (const { status, metadata } of charges) {
      const payment = metadata.payment_id ?? 'unknown';
      if (status === 'succeeded') charged.set(payment, (charged.get(payment) ?? 0) + 1);
    }
  }
  const ours = await rows(`
    SELECT provider_account_id AS account, currency,
      (sum(debit_amount) - sum(credit_amount))::bigint AS balance
    FROM payments.ledger_entries JOIN payments.provider_accounts USING (tenant_id)
    WHERE account_code = 'provider_clearing' GROUP BY 1, 2`);
  const wrong = ours.filter(({ account, currency, balance }) => {
    const key = `${account} ${currency}`;
    const same = theirs.get(key) === Number(balance);
    theirs.delete(key);
    return !same;
  });
  const unknown = [...theirs].filter(([, total]) => total !== 0);
  verdict("provider clearing is the provider's balance, account by account", [
    ...wrong,
    ...unknown,
  ]);

  const payments = await rows(`SELECT id FROM payments.payments WHERE status = 'succeeded'`);
  const once = payments.filter(({ id }) => charged.get(String(id)) !== 1);
  const surplus = charged.size - payments.length;
  verdict('each payment is one charge, and each charge one payment', [
    ...once,
    ...(surplus === 0 ? [] : [{ surplus }]),
  ]);
}

await drained();
verdict('every event is sent, and once in the inbox of each who reads it', await underWay());
for (const { name, sql } of laws) verdict(name, await rows(sql));
await compareWithProvider();
await database.end();
process.exit(failed === 0 ? 0 : 1);
