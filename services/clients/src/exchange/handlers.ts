import { setImmediate as turn } from 'node:timers/promises';
import type { Tenant, TenantTransaction } from '@roundhouse/database';
import { DomainError } from '@roundhouse/errors';
import type { Handlers } from '@roundhouse/service';
import { type SettingsOwner, tenantSettings } from '@roundhouse/service/tenant-settings';
import type { contract } from '../contract.ts';
import { headFaults } from './columns.ts';
import type { exchangeRoutes } from './contract.ts';
import { readTable, type Table, writeLines } from './csv.ts';
import { exportedPages, type Filters } from './export-store.ts';
import { Importer, type ImportPlan, type Known, type RowFault, type SentRow } from './import.ts';
import * as store from './import-store.ts';
import { readRow } from './rows.ts';
import { type actions, MAX_ROWS, STRIDE } from './states.ts';
import { findFields } from './store.ts';
import { exportHead, exportRow } from './table.ts';

type ExchangeHandlers = Pick<Handlers<typeof contract>, keyof typeof exchangeRoutes>;

/** A hundred errors are as good as all of them to mend a table. */
const SHOWN = 100;

const shown = (faults: readonly RowFault[]) =>
  faults.slice(0, SHOWN).map(({ line, column, code, detail }) => ({
    pointer: `/${line}/${column}`,
    code,
    detail,
  }));

function requireKnownHead({ head }: Table, custom: readonly string[]): void {
  const faults = headFaults(head, custom);
  if (faults.length === 0) return;
  const errors = faults.map(({ column, detail }) => ({
    pointer: `/1/${column}`,
    code: 'unknown_field',
    detail,
  }));
  const [first] = faults;
  const detail = `The column “${first?.column}” ${first?.detail}.`;
  throw new DomainError('invalid', 'columns_unknown', detail, { errors });
}

function requireFewRows({ rows }: Table): void {
  if (rows.length === 0) {
    throw new DomainError('invalid', 'table_empty', 'The table has no row below its head.');
  }
  if (rows.length <= MAX_ROWS) return;
  const detail = `A table has ${MAX_ROWS} rows at most; this one has ${rows.length}.`;
  throw new DomainError('invalid', 'too_many_rows', detail);
}

async function readRows({ rows }: Table, fields: Known['fields']) {
  const sent: SentRow[] = [];
  const faults: RowFault[] = [];
  for (const [at, cells] of rows.entries()) {
    if (at % STRIDE === 0) await turn();
    const read = readRow(cells, fields);
    if (read.row === undefined) faults.push(...read.faults);
    else sent.push(read.row);
  }
  return { sent, faults };
}

interface Wanted {
  sent: SentRow[];
  faults: RowFault[];
  fields: Known['fields'];
  time_zone: string;
  on_duplicate: Known['on_duplicate'];
}

/** What would become of the rows, whoever is here by now. */
async function planImport(tx: TenantTransaction, wanted: Wanted): Promise<ImportPlan> {
  const { sent, faults, fields, time_zone, on_duplicate } = wanted;
  const { newId, ...found } = await store.lockWhatRowsName(tx, sent);
  const now = tx.tenant.now();
  const importer = new Importer({ ...found, fields, time_zone, now, on_duplicate }, newId);
  for (const [at, row] of sent.entries()) {
    if (at % STRIDE === 0) await turn();
    importer.take(row);
  }
  importer.plan.faults.push(...faults);
  importer.plan.faults.sort((one, other) => one.line - other.line);
  return importer.plan;
}

function requireFaultless({ faults }: ImportPlan): void {
  if (faults.length === 0) return;
  const detail = `Nothing was entered. Cells at fault: ${faults.length}; see errors.`;
  const members = { error_count: faults.length };
  throw new DomainError('invalid', 'import_invalid', detail, { errors: shown(faults), members });
}

function reportOf(plan: ImportPlan, rows: number, dry_run: boolean) {
  const { faults, outcomes, created } = plan;
  const count = (action: (typeof actions)[number]) =>
    outcomes.filter((outcome) => outcome.action === action).length;
  const made = new Set(created.map(({ id }) => id));
  return {
    dry_run,
    rows,
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    skipped: count('skipped'),
    errors: shown(faults),
    error_count: faults.length,
    clients: outcomes.map((outcome) =>
      dry_run && made.has(outcome.id) ? { ...outcome, id: null } : outcome,
    ),
  };
}

async function* tableOf(tenant: Tenant, filters: Filters): AsyncGenerator<string> {
  const fields = await tenant.read((tx) => findFields(tx, tenant.id));
  const head = exportHead(fields);
  const pages = exportedPages(tenant, filters);
  // Before the first piece, after which nothing can be refused any more: the filters may be.
  let page = await pages.next();
  // The mark tells spreadsheets that it is UTF-8.
  yield `\uFEFF${writeLines([head])}`;
  for (; !page.done; page = await pages.next()) {
    if (page.value.length > 0) yield writeLines(page.value.map((row) => exportRow(head, row)));
  }
}

export const exchangeHandlers = ({ auth }: { auth: SettingsOwner }): ExchangeHandlers => ({
  importClients: async ({ query, body }, context) => {
    const { tenant } = context;
    const table = readTable(body);
    requireFewRows(table);
    const { time_zone } = await tenantSettings(context, auth);
    const { on_duplicate } = query;
    const dry_run = query.dry_run === 'true';
    // Before the transaction, which holds a connection: this is work for the processor alone.
    const fields = await tenant.read((tx) => findFields(tx, tenant.id));
    const custom = fields.map(({ key }) => key);
    requireKnownHead(table, custom);
    const rows = await readRows(table, fields);
    return tenant.transaction(async (tx) => {
      const plan = await planImport(tx, { ...rows, fields, time_zone, on_duplicate });
      if (!dry_run) {
        requireFaultless(plan);
        await store.saveImport(tx, plan);
      }
      return reportOf(plan, table.rows.length, dry_run);
    });
  },

  exportClients: async ({ query }, { tenant }) => {
    await tenant.transaction(async (tx) => store.noteExport(tx, query));
    return tableOf(tenant, query);
  },
});
