/** What must not be there: each query answers the rows that are wrong, none when all is well. */
export interface Law {
  name: string;
  sql: string;
}

/** What a booking's account stands at: debits less credits. */
const STANDING = `
  standing AS (
    SELECT tenant_id, booking_id, account_code, currency,
      sum(debit_amount) - sum(credit_amount) AS balance
    FROM payments.ledger_entries GROUP BY 1, 2, 3, 4),
  paid AS (
    SELECT tenant_id, booking_id, currency, sum(charge_amount) AS amount
    FROM payments.payments WHERE status = 'succeeded' GROUP BY 1, 2, 3)`;

export const laws: Law[] = [
  {
    name: 'each ledger transaction balances, with two entries at least',
    sql: `SELECT transaction_id FROM payments.ledger_entries GROUP BY tenant_id, transaction_id
      HAVING sum(debit_amount) <> sum(credit_amount) OR count(*) < 2`,
  },
  {
    name: 'the ledger sums to zero, business by business and currency by currency',
    sql: `SELECT tenant_id, currency FROM payments.ledger_entries GROUP BY 1, 2
      HAVING sum(debit_amount) <> sum(credit_amount)`,
  },
  {
    name: 'customer deposits are what was paid ahead, charter by charter',
    sql: `WITH ${STANDING}
      SELECT s.booking_id, s.balance, p.amount FROM standing s
      LEFT JOIN paid p USING (tenant_id, booking_id, currency)
      LEFT JOIN payments.invoices i USING (tenant_id, booking_id)
      WHERE account_code = 'customer_deposits'
        AND -s.balance <> CASE WHEN i.id IS NULL THEN coalesce(p.amount, 0) ELSE 0 END`,
  },
  {
    name: 'receivable is what is open on the invoices, charter by charter',
    sql: `WITH ${STANDING}
      SELECT coalesce(s.booking_id, i.booking_id) FROM
        (SELECT tenant_id, booking_id, balance FROM standing
          WHERE account_code = 'accounts_receivable') s
      FULL JOIN payments.invoices i USING (tenant_id, booking_id)
      WHERE coalesce(s.balance, 0) <> coalesce(i.total_amount - i.paid_amount, 0)`,
  },
  {
    name: 'what an invoice counts as paid was paid',
    sql: `WITH ${STANDING}
      SELECT i.number FROM payments.invoices i
      LEFT JOIN paid p USING (tenant_id, booking_id, currency)
      WHERE i.paid_amount <> coalesce(p.amount, 0)`,
  },
  {
    name: 'revenue and tax are those of the invoices',
    sql: `WITH ${STANDING}, booked AS (
        SELECT tenant_id, currency,
          -coalesce(sum(balance) FILTER (WHERE account_code = 'revenue'), 0) AS revenue,
          -coalesce(sum(balance) FILTER (WHERE account_code = 'tax_payable'), 0) AS tax
        FROM standing GROUP BY 1, 2),
      invoiced AS (
        SELECT tenant_id, currency, sum(net_amount) AS net, sum(tax_amount) AS tax
        FROM payments.invoices GROUP BY 1, 2)
      SELECT tenant_id FROM booked FULL JOIN invoiced USING (tenant_id, currency)
      WHERE coalesce(revenue, 0) <> coalesce(net, 0)
        OR coalesce(booked.tax, 0) <> coalesce(invoiced.tax, 0)`,
  },
  {
    name: 'the numbers of invoices have no gap',
    sql: `SELECT tenant_id FROM payments.invoices GROUP BY tenant_id
      HAVING count(*) <> max(substring(number FROM '\\d+$')::bigint)`,
  },
  {
    name: 'each completed charter has its invoice, and no other has one',
    sql: `SELECT c.id FROM bookings.charters c
      FULL JOIN payments.invoices i ON i.tenant_id = c.tenant_id AND i.booking_id = c.id
      WHERE coalesce(c.status = 'completed', false) <> (i.id IS NOT NULL)`,
  },
  {
    name: 'each accepted charter has its schedule, its evidence and its vehicles',
    sql: `SELECT c.id FROM bookings.charters c
      JOIN bookings.quotes q ON q.tenant_id = c.tenant_id AND q.charter_id = c.id
        AND q.status = 'accepted'
      WHERE NOT EXISTS (SELECT FROM payments.schedules s
          WHERE s.tenant_id = c.tenant_id AND s.booking_id = c.id)
        OR NOT EXISTS (SELECT FROM bookings.acceptances a
          WHERE a.tenant_id = q.tenant_id AND a.quote_id = q.id)
        OR (SELECT count(*) FROM bookings.allocations a
          WHERE a.tenant_id = c.tenant_id AND a.charter_id = c.id)
          <> (SELECT sum((v ->> 'count')::int) FROM jsonb_array_elements(c.vehicles) v)`,
  },
  {
    name: 'each charter with its deposit paid is confirmed or further',
    sql: `SELECT c.id FROM bookings.charters c
      JOIN payments.payments p ON p.tenant_id = c.tenant_id AND p.booking_id = c.id
        AND p.item = 'deposit' AND p.status = 'succeeded'
      WHERE c.status NOT IN ('confirmed', 'in_progress', 'completed')`,
  },
  {
    name: 'no vehicle is in two places at once',
    sql: `SELECT one.id FROM bookings.allocations one
      JOIN bookings.allocations other ON other.tenant_id = one.tenant_id
        AND other.resource_id = one.resource_id AND other.id > one.id
        AND other.starts_at < one.ends_at AND other.ends_at > one.starts_at`,
  },
  {
    name: 'no payment waits for its outcome',
    sql: `SELECT id FROM payments.payments WHERE status = 'pending'`,
  },
  {
    name: 'no effect waits to leave the house',
    sql: `SELECT id FROM payments.effects WHERE state <> 'confirmed'`,
  },
  {
    name: 'no charter and no schedule is of a client that lives on in another one',
    sql: `SELECT c.id FROM clients.clients c
      WHERE c.merged_into IS NOT NULL AND (
        EXISTS (SELECT FROM bookings.charters h
          WHERE h.tenant_id = c.tenant_id AND h.client_id = c.id)
        OR EXISTS (SELECT FROM payments.schedules s
          WHERE s.tenant_id = c.tenant_id AND s.client_id = c.id))`,
  },
  {
    name: 'of an erased client no copy has more than its id, but for what is to be invoiced',
    sql: `SELECT c.id FROM clients.clients c
      WHERE c.gone_at IS NOT NULL AND c.status = 'barred' AND c.name = 'Erased client' AND (
        EXISTS (SELECT FROM bookings.clients b WHERE b.tenant_id = c.tenant_id AND b.id = c.id
          AND (b.name NOT IN ('', 'Erased client') OR num_nonnulls(b.email, b.phone) > 0))
        OR EXISTS (SELECT FROM bookings.charters h WHERE h.tenant_id = c.tenant_id
          AND h.client_id = c.id AND h.status IN ('completed', 'canceled')
          AND (h.notes IS NOT NULL OR h.stops -> 0 ->> 'address' <> 'Erased'))
        OR EXISTS (SELECT FROM payments.schedules s JOIN payments.invoices i
            ON i.tenant_id = s.tenant_id AND i.schedule_id = s.id
          WHERE s.tenant_id = c.tenant_id AND s.client_id = c.id
          AND s.contact ->> 'name' <> 'Erased client'))`,
  },
  {
    name: 'no event is a dead letter',
    sql: 'SELECT queue, event, error FROM transport.dead_letters',
  },
];
