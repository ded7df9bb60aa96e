import {
  type Page,
  page,
  type Reader,
  type Row,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { money } from '@roundhouse/money';
import type { Input, Output } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';
import { balanceOf, chart, debitsOf, type Posting } from './posting.ts';

type Routes = (typeof contract)['routes'];
type Account = Output<Routes['listLedgerAccounts']>['data'][number];
type TrialBalance = Output<Routes['getTrialBalance']>;

/** Before anything of a booking can be posted; what is there already stays as it is. */
export function openAccounts(tx: TenantTransaction, currency: string): void {
  tx.queue(sql`
    INSERT INTO ledger_accounts (tenant_id, code, name, kind, currency)
    SELECT ${tx.tenant.id}::uuid, code, name, kind, ${currency}::text
    FROM jsonb_to_recordset(${JSON.stringify(chart)}::jsonb) AS t(code text, name text, kind text)
    WHERE NOT EXISTS (SELECT FROM ledger_accounts
      WHERE tenant_id = ${tx.tenant.id} AND currency = ${currency})
    ON CONFLICT ON CONSTRAINT one_account_per_code DO NOTHING`);
}

/** Whether it balances is judged by the database, at COMMIT. */
export function post(tx: TenantTransaction, posting: Posting): void {
  const { cause_type, cause_id, booking_id, currency, entries } = posting;
  const { id: tenant_id, now } = tx.tenant;
  tx.queue(sql`
    WITH posted AS (
      INSERT INTO ledger_transactions (tenant_id, cause_type, cause_id, booking_id, currency,
        total_amount, posted_at)
      VALUES (${tenant_id}, ${cause_type}, ${cause_id}, ${booking_id}, ${currency},
        ${debitsOf(posting)}, ${now()})
      RETURNING tenant_id, id, currency, booking_id)
    INSERT INTO ledger_entries (tenant_id, transaction_id, account_code, currency, booking_id,
      debit_amount, credit_amount)
    SELECT tenant_id, id, account_code, currency, booking_id, debit_amount, credit_amount
    FROM posted, jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
      AS t(account_code text, debit_amount bigint, credit_amount bigint)`);
}

interface AccountRow extends Row {
  id: string;
  kind: Account['kind'];
  currency: string;
  debits: number;
  credits: number;
}

function toAccount(row: AccountRow): Account {
  const amount = (of: number) => money(of, row.currency);
  const balance = amount(balanceOf(row.kind, row.debits, row.credits));
  const sums = { debits: amount(row.debits), credits: amount(row.credits), balance };
  return { ...row, ...sums } as unknown as Account;
}

export async function findAccounts(
  tx: Reader,
  tenant_id: string,
  query: Input<Routes['listLedgerAccounts']>['query'],
): Promise<Page<Account>> {
  const { position, order, of } = page(query, 'text');
  const rows = await tx.query<AccountRow>(sql`
    SELECT id, code, name, kind, currency, debits, credits
    FROM ledger_accounts AS account, LATERAL (
      SELECT coalesce(sum(debit_amount), 0)::bigint AS debits,
        coalesce(sum(credit_amount), 0)::bigint AS credits
      FROM ledger_entries WHERE tenant_id = ${tenant_id}
        AND ledger_entries.currency = account.currency AND account_code = account.code) AS moved
    WHERE tenant_id = ${tenant_id} ${position} ${order}`);
  return of(rows, toAccount);
}

export async function findTrialBalance(tx: Reader, tenant_id: string): Promise<TrialBalance> {
  const rows = await tx.query<AccountRow>(sql`
    SELECT currency, sum(debit_amount)::bigint AS debits, sum(credit_amount)::bigint AS credits
    FROM ledger_entries WHERE tenant_id = ${tenant_id} GROUP BY currency ORDER BY currency`);
  const data = rows.map(({ currency, debits, credits }) => ({
    currency,
    debits: money(debits, currency),
    credits: money(credits, currency),
  }));
  return { data };
}
