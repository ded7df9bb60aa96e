/** `scripts/verify`: prints `ok - …` or `not ok - …` for each law, and fails when one is broken. */
import { withFiles } from '@roundhouse/service/config';
import pg from 'pg';
import { deadLettersAt } from '../infra/events/installation.ts';
import { laws } from './verify-queries.ts';
import {
  drained,
  providersBook,
  type Rows,
  unreadEvents,
  unsentEvents,
  wrongBalances,
  wrongCharges,
} from './verify-state.ts';

/** What is under way has this long to arrive. */
const DRAIN_MS = 30_000;

const told = withFiles(['DATABASE_URL', 'RABBITMQ_URL'], process.env);
const { DATABASE_URL, RABBITMQ_URL, STRIPE_ADMIN_URL } = told;
const database = new pg.Client({ connectionString: DATABASE_URL });
await database.connect();
let failed = 0;

function verdict(name: string, wrong: unknown[]): void {
  const holds = wrong.length === 0;
  if (!holds) failed += 1;
  const detail = holds ? '' : `: ${wrong.length} wrong, such as ${JSON.stringify(wrong[0])}`;
  process.stdout.write(`${holds ? 'ok' : 'not ok'} - ${name}${detail}\n`);
}

const rows: Rows = async (sql) => (await database.query(sql)).rows;

await drained(rows, DRAIN_MS);
verdict('every event is sent, and once in the inbox of each who reads it', [
  ...(await unsentEvents(rows)),
  ...(await unreadEvents(rows)),
]);
for (const { name, sql } of laws) verdict(name, await rows(sql));
if (RABBITMQ_URL !== undefined) {
  const letters = await deadLettersAt(RABBITMQ_URL, undefined);
  verdict('no event is a dead letter at the broker', await letters.list());
  await letters.close();
}
const book = await providersBook(String(STRIPE_ADMIN_URL), DRAIN_MS);
const balances = "provider clearing is the provider's balance, account by account";
verdict(balances, await wrongBalances(rows, book));
const charges = 'each payment is one charge, and each charge one payment';
verdict(charges, await wrongCharges(rows, book));
await database.end();
process.exit(failed === 0 ? 0 : 1);
