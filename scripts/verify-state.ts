/** What the verdict compares beyond the laws: events with inboxes, our book with the provider's. */
import { setTimeout } from 'node:timers/promises';

/** Asks the database as somebody who sees all businesses. */
export type Rows = (sql: string) => Promise<Record<string, unknown>[]>;

/** The schemas that have an outbox: one for each service. */
const servicesOf = async (rows: Rows) =>
  (
    await rows(`SELECT table_schema AS name FROM information_schema.tables
      WHERE table_name = 'outbox' ORDER BY 1`)
  ).map(({ name }) => String(name));

/** Events that are written down and not sent. */
export async function unsentEvents(rows: Rows): Promise<unknown[]> {
  const services = await servicesOf(rows);
  const outboxes = services.map(
    (name) => `SELECT id, type FROM ${name}.outbox
    WHERE sent_at IS NULL`,
  );
  return rows(outboxes.join(' UNION ALL '));
}

/** Events that were sent and are not in the inbox of a reader. */
export async function unreadEvents(rows: Rows): Promise<unknown[]> {
  const services = await servicesOf(rows);
  const outboxes = services.map(
    (name) => `SELECT tenant_id, id, type FROM ${name}.outbox WHERE sent_at IS NOT NULL`,
  );
  const inboxes = services.map((name) => `SELECT tenant_id, queue, event_id FROM ${name}.inbox`);
  return rows(`
    WITH sent AS (${outboxes.join(' UNION ALL ')}), received AS (${inboxes.join(' UNION ALL ')})
    SELECT sent.type, subscriptions.queue, sent.id FROM sent
    JOIN transport.subscriptions ON subscriptions.type = sent.type
    LEFT JOIN received ON received.tenant_id = sent.tenant_id
      AND received.queue = subscriptions.queue AND received.event_id = sent.id
    WHERE received.event_id IS NULL`);
}

/** Whatever is on its way and will have arrived a moment later. */
export const underWay = async (rows: Rows): Promise<unknown[]> => [
  ...(await unsentEvents(rows)),
  ...(await unreadEvents(rows)),
  ...(await rows(`SELECT id FROM payments.effects WHERE state <> 'confirmed'`)),
];

/** Resolves when nothing is under way any more, or when the time is over. */
export async function drained(rows: Rows, deadline_ms: number): Promise<void> {
  const deadline = performance.now() + deadline_ms;
  while ((await underWay(rows)).length > 0 && performance.now() < deadline) await setTimeout(200);
}

interface Charge {
  status: string;
  metadata: { payment_id?: string };
}

/** What Stripe's emulator answers on `/book`. */
interface Book {
  accounts: {
    account: string;
    balances: { currency: string; total: number }[];
    charges: Charge[];
  }[];
}

/** The provider may be coming up again just now. */
export async function providersBook(url: string, deadline_ms: number): Promise<Book> {
  const deadline = performance.now() + deadline_ms;
  for (;;) {
    try {
      return (await (await fetch(`${url}/book`)).json()) as Book;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await setTimeout(200);
  }
}

/** Accounts whose balance at the provider is not what our ledger has as provider clearing. */
export async function wrongBalances(rows: Rows, book: Book): Promise<unknown[]> {
  const theirs = new Map(
    book.accounts.flatMap(({ account, balances }) =>
      balances.map(({ currency, total }) => [`${account} ${currency.toUpperCase()}`, total]),
    ),
  );
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
  return [...wrong, ...[...theirs].filter(([, total]) => total !== 0)];
}

/** Payments that are not exactly one charge, and charges that are no payment. */
export async function wrongCharges(rows: Rows, book: Book): Promise<unknown[]> {
  const charged = new Map<string, number>();
  for (const { status, metadata } of book.accounts.flatMap(({ charges }) => charges)) {
    const payment = metadata.payment_id ?? 'unknown';
    if (status === 'succeeded') charged.set(payment, (charged.get(payment) ?? 0) + 1);
  }
  const payments = await rows(`SELECT id FROM payments.payments WHERE status = 'succeeded'`);
  const surplus = charged.size - payments.length;
  return [
    ...payments.filter(({ id }) => charged.get(String(id)) !== 1),
    ...(surplus === 0 ? [] : [{ surplus }]),
  ];
}
