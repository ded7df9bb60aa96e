/**
 * A person whose every text holds a word that stands nowhere else, in all parts of the platform:
 * merged, with a trip that is invoiced, one that is under way, and one that was only offered. After
 * the erasure each row of each table of the database is looked at for the word. Where it may still
 * stand is a list, with its reasons; that it did stand elsewhere before shows that the look sees.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { trip } from '../../../infra/demo/charter-company.ts';
import { type Answer, call, ok, until } from './http.ts';
import { anOffice, paymentLink, tokenOf } from './office.ts';
import { check, finish } from './tap.ts';

const word = `canary${randomUUID().slice(0, 8)}`;
const phone = '+442079460957';
/** In which table the word may stand after the erasure, and why. */
const KEPT: Record<string, string> = {
  'bookings.acceptances': 'the evidence of what was agreed',
  'payments.invoices': 'to whom it was billed, as the law of taxes has it',
  'payments.schedules': 'to whom a trip under way will be billed',
  'bookings.charters': 'where the driver of a trip under way goes',
};
const UNDER_WAY = ['payments.schedules', 'bookings.charters'];

const office = await anOffice({ coaches: 3 });
const { token } = office;
const post = async (path: string, body?: unknown) =>
  (await ok({ method: 'POST', path, token, key: randomUUID(), body })).body;
const get = (path: string): Promise<Answer> => call({ method: 'GET', path, token });

const database = new pg.Client({ connectionString: process.env.DATABASE_URL });
await database.connect();

interface Table {
  name: string;
  quoted: string;
}

/** All tables of all schemas but Postgres' own: those of the transport and its jobs too. */
const tables: Table[] = (
  await database.query(`
    SELECT schemaname || '.' || tablename AS name,
      format('%I.%I', schemaname, tablename) AS quoted
    FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`)
).rows;

/** The tables that have the word, in any column. */
async function found(what: string): Promise<string[]> {
  const all: string[] = [];
  for (const { name, quoted } of tables) {
    const { rows } = await database.query(
      `SELECT 1 FROM ${quoted} AS one WHERE strpos(lower(one::text), $1) > 0 LIMIT 1`,
      [what],
    );
    if (rows.length > 0) all.push(name);
  }
  return all;
}

async function untilGone(what: string, but: readonly string[]): Promise<string[]> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const left = (await found(what)).filter((name) => !but.includes(name));
    if (left.length === 0 || performance.now() > deadline) return left;
  }
}

async function aPerson(name: string) {
  const client = await post('clients/clients', {
    ...{ name, email: `${randomUUID().slice(0, 8)}@${word}.example`, tags: [word] },
    ...{ external_id: `${word}-${name}`, allow_duplicate: true },
    ...{ first_name: word, last_name: word, company_name: word },
    custom_fields: { [field]: word },
  });
  const below = `clients/clients/${client.id}`;
  await post(`${below}/contacts`, {
    ...{ name: `Contact ${word}`, roles: ['booking'], phone, allow_duplicate: true },
  });
  await post(`${below}/addresses`, {
    ...{ lines: [`1 ${word} Street`], city: word, country: 'GB', access_notes: `Gate ${word}` },
  });
  await post(`${below}/notes`, { body: `Note of ${word}` });
  return client.id as string;
}

/** A trip that was offered: its notes and its stops tell of the person. */
async function offered(client_id: string) {
  const { stops, ...rest } = trip(office.nextWeek());
  const named = stops.map((stop) => ({ ...stop, address: `1 ${word} Street` }));
  const wanted = { ...rest, client_id, stops: named, notes: `For ${word}` };
  const charter = await post('charters/charters', wanted);
  const quote = await post(`charters/charters/${charter.id}/quotes`);
  const { public_url } = await post(`charters/quotes/${quote.id}/send`);
  return { id: charter.id as string, link: tokenOf(public_url) };
}

async function confirmed(client_id: string) {
  const { id, link } = await offered(client_id);
  const path = `charters/public/quotes/${link}/accept`;
  const body = { name: `Signed ${word}`, terms_accepted: true };
  await ok({ method: 'POST', path, key: randomUUID(), body });
  const pay = `payments/public/links/${await paymentLink(link)}/pay`;
  const card = { item: 'deposit', payment_method: 'pm_card_visa' };
  await ok({ method: 'POST', path: pay, key: randomUUID(), body: card });
  await until(
    { method: 'GET', path: `charters/charters/${id}`, token },
    (answer) => answer.body.status === 'confirmed',
  );
  return id;
}

async function completed(id: string) {
  await post(`charters/charters/${id}/start`);
  await post(`charters/charters/${id}/complete`);
  const path = `payments/invoices?booking_id=${id}`;
  await until({ method: 'GET', path, token }, ({ body }) => body.data.length > 0);
}

const field = `f${randomUUID().slice(0, 8)}`;
await post('clients/custom-fields', { key: field, label: 'Hobby', type: 'text' });
const other = await aPerson(`Old ${word}`);
const open = await offered(other);
const done = await confirmed(other);
await completed(done);
const id = await aPerson(`Pat ${word}`);
await post(`clients/clients/${id}/merge`, { other_id: other });
const underWay = await confirmed(id);
const charter = await until(
  { method: 'GET', path: `charters/charters/${open.id}`, token },
  ({ body }) => body.client_id === id,
);
check('what was the merged one’s is the kept one’s', charter.body.client_id === id);

const before = await found(word);
const wanted = ['clients.clients', 'clients.audit_log', 'clients.outbox', 'bookings.clients'];
wanted.push('clients.idempotency_keys', 'bookings.quotes', 'payments.schedules', 'clients.tags');
const unseen = wanted.filter((name) => !before.includes(name));
check('before, the word stands where it is looked for', unseen.length === 0, unseen.join(', '));

const { body: data } = await get(`clients/clients/${id}/personal-data`);
const parts = ['client', 'merged', 'contacts', 'addresses', 'notes'];
const silent = parts.filter((part) => !JSON.stringify(data[part]).includes(word));
check('the person’s data has all parts of it', silent.length === 0, silent.join(', '));

for (const service of ['bookings', 'payments']) {
  const { status, text } = await get(`${service}/clients/${id}/personal-data`);
  check(`${service} tells what it keeps`, status === 200 && text.includes(word), text);
}

const reason = 'asked_by_person';
const mistaken = await call({
  ...{ method: 'POST', path: `clients/clients/${id}/erase`, token },
  body: { reason, confirm_name: 'Somebody else' },
});
check('nobody is erased by mistake', mistaken.body.code === 'name_differs');
await post(`clients/clients/${id}/erase`, { reason, confirm_name: `Pat ${word}` });
for (const gone of [id, other]) {
  const { status } = await get(`clients/clients/${gone}`);
  check('an erased client is not there', status === 404, String(status));
}
const left = await untilGone(word, Object.keys(KEPT));
check('the word stands in no other table than those that keep it', left.length === 0, `${left}`);
const dialed = await found(phone);
check('and the phone in none', dialed.length === 0, dialed.join(', '));
check(
  'an offer that nobody can accept any more is canceled',
  (await get(`charters/charters/${open.id}`)).body.status === 'canceled',
);
const late = await call({ method: 'GET', path: `charters/public/quotes/${open.link}` });
check('its link tells nothing of the person', !late.text.includes(word), late.text.slice(0, 300));
const trail = (await get(`clients/audit?subject_id=${id}`)).body.data;
check(
  'the trail says that it was erased, by whom and why',
  trail[0]?.action === 'eraseClient' && trail[0]?.after.reason === reason,
  JSON.stringify(trail[0]),
);
check(
  'and of what was before that it was taken out',
  trail.slice(1).every((row: { redacted_at: string | null }) => row.redacted_at !== null),
);

await completed(underWay);
const ended = await untilGone(
  word,
  Object.keys(KEPT).filter((name) => !UNDER_WAY.includes(name)),
);
check(
  'once the last trip has ended, only evidence and invoices have it',
  ended.length === 0,
  `${ended}`,
);
const kept = await found(word);
check('which do', kept.length === 2, kept.join(', '));
await database.end();
finish();
