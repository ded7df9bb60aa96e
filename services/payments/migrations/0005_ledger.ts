import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE ledger_accounts (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      code text NOT NULL,
      name text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('asset', 'liability', 'income')),
      currency text NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT one_account_per_code UNIQUE (tenant_id, currency, code)
    );
    CREATE INDEX ledger_accounts_by_code ON ledger_accounts (tenant_id, code, id);

    CREATE TABLE ledger_transactions (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      cause_type text NOT NULL CHECK (cause_type IN ('payment', 'invoice', 'deposit_application')),
      cause_id uuid NOT NULL,
      booking_id uuid NOT NULL,
      currency text NOT NULL,
      -- The sum of its debits: once it is written, no balanced pair can be slipped in later.
      total_amount bigint NOT NULL CHECK (total_amount > 0),
      posted_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, id, currency),
      CONSTRAINT one_posting_per_cause UNIQUE (tenant_id, cause_type, cause_id)
    );

    CREATE TABLE ledger_entries (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      transaction_id uuid NOT NULL,
      account_code text NOT NULL,
      currency text NOT NULL,
      booking_id uuid NOT NULL,
      debit_amount bigint NOT NULL DEFAULT 0 CHECK (debit_amount >= 0),
      credit_amount bigint NOT NULL DEFAULT 0 CHECK (credit_amount >= 0),
      PRIMARY KEY (tenant_id, id),
      -- The currency stands in both keys: a transaction has one, and so has an account.
      FOREIGN KEY (tenant_id, transaction_id, currency)
        REFERENCES ledger_transactions (tenant_id, id, currency),
      FOREIGN KEY (tenant_id, currency, account_code)
        REFERENCES ledger_accounts (tenant_id, currency, code),
      CHECK ((debit_amount > 0) <> (credit_amount > 0))
    );
    CREATE INDEX ledger_entries_by_transaction ON ledger_entries (tenant_id, transaction_id);
    CREATE INDEX ledger_entries_by_account ON ledger_entries (tenant_id, currency, account_code)
      INCLUDE (debit_amount, credit_amount);
    CREATE INDEX ledger_entries_by_booking ON ledger_entries (tenant_id, booking_id);`);
  await knex.raw(BALANCED);
  await knex.raw(APPEND_ONLY);
  await tenantTable(knex, 'ledger_accounts', { app: 'SELECT, INSERT' });
  await tenantTable(knex, 'ledger_transactions', { app: 'SELECT, INSERT' });
  await tenantTable(knex, 'ledger_entries', { app: 'SELECT, INSERT' });
}

/**
 * Judged at COMMIT, when all entries are there. One transaction of a consumer may have served
 * several tenants by then, so the check looks with the tenant of the row, and puts back what was.
 */
const BALANCED = `
  CREATE FUNCTION require_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    of_transaction uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    before text := current_setting('app.tenant_id', true);
    found record;
  BEGIN
    PERFORM set_config('app.tenant_id', NEW.tenant_id::text, true);
    SELECT count(*) AS entries, coalesce(sum(debit_amount), 0) AS debits,
        coalesce(sum(credit_amount), 0) AS credits,
        (SELECT total_amount FROM ledger_transactions
          WHERE tenant_id = NEW.tenant_id AND id = of_transaction) AS total
      INTO found FROM ledger_entries
      WHERE tenant_id = NEW.tenant_id AND transaction_id = of_transaction;
    PERFORM set_config('app.tenant_id', coalesce(before, ''), true);
    IF found.entries < 2 OR found.debits <> found.credits OR found.debits <> found.total THEN
      RAISE EXCEPTION 'the ledger transaction % is not balanced', of_transaction
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transactions_balance';
    END IF;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_transactions
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION require_balanced('id');
  CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION require_balanced('transaction_id');`;

/** For each statement, not each row: behind the wall the owner would meet no row at all. */
const APPEND_ONLY = `
  CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % of %', TG_OP, TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END $$;
  CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
  CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();`;
