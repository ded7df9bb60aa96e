import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Reader } from '@roundhouse/database';
import { explained } from '@roundhouse/testing';
import { findClients } from '../src/clients/list-store.ts';
import { contract } from '../src/contract.ts';
import { clientTerms, type Findable } from '../src/search/terms.ts';
import { CLIENTS, LARGE, type ManyClients, manyClients } from './many-clients.ts';

let many: ManyClients;
const times: { what: string; milliseconds: number; rows: number; pages: number }[] = [];

beforeAll(async () => {
  many = await manyClients();
}, 300_000);

afterAll(async () => {
  await many.stop();
  const worst = times.toSorted((one, other) => other.milliseconds - one.milliseconds);
  for (const { what, milliseconds, rows, pages } of worst) {
    process.stdout.write(
      `# ${milliseconds.toFixed(1).padStart(6)} ms ${String(rows).padStart(6)} rows ` +
        `${String(pages).padStart(6)} pages: ${what}\n`,
    );
  }
});

const ORIGIN = { actor_kind: 'system', actor_id: null, request_id: 'plan', address: null } as const;

const queryOf = (sent: Record<string, string>) => contract.routes.listClients.query.parse(sent);
const list = (sent: Record<string, string>) => (tx: Reader) =>
  findClients(tx, LARGE, queryOf({ limit: '50', ...sent }));

async function time(sent: Record<string, string>): Promise<number> {
  const began = performance.now();
  await many.app.tenant(LARGE, ORIGIN).read(list(sent));
  return performance.now() - began;
}

/** Explains a list, and then takes the least of three times: others use the machine, too. */
async function explain(sent: Record<string, string>) {
  const of = { database: many.database, app: many.app, role: 'clients_app' };
  const { result, plans } = await explained(of, LARGE, list(sent));
  const milliseconds = Math.min(await time(sent), await time(sent), await time(sent));
  const rows = plans.reduce((sum, plan) => sum + plan.rows, 0);
  const pages = plans.reduce((sum, plan) => sum + plan.pages, 0);
  times.push({ what: JSON.stringify(sent), milliseconds, rows, pages });
  return { result, plans, rows, pages };
}

/** A part of the clients: whatever is asked, the list of all is never gone through. */
const MAX_ROWS = CLIENTS / 5;

const sorts = ['name', '-name', 'created_at', '-created_at', 'updated_at', '-updated_at'];
const asked: Record<string, string>[] = [
  {},
  { archived: 'true' },
  { status: 'barred' },
  { status: 'active' },
  { kind: 'person' },
  { kind: 'company' },
  { has_email: 'true' },
  { has_email: 'false' },
  { tag: 'VIP' },
  { tag: 'newsletter' },
  { tag: 'New' },
  { tag: 'nobody has this' },
  { external_id: 'X-4711' },
  { created_from: '2020-03-01T00:00:00Z', created_to: '2020-03-01T01:00:00Z' },
  { created_from: '2020-03-01T00:00:00Z' },
  { q: 'garcia' },
  { q: 'a' },
  { q: 'x' },
  { q: 'garcia school' },
  { q: 'garcia school 123' },
  { q: 'grace evans hotel' },
  { q: 'nobody' },
  { q: 'office4711@' },
  { q: 'office' },
  { q: '(212) 555-4711' },
  { q: '5554711' },
  { q: '4711' },
  { q: 'x-4711' },
  { q: 'g s c 1 o e' },
  { q: 'garcia', tag: 'vip' },
  { q: 'garcia', tag: 'new', kind: 'company', status: 'active', has_email: 'true' },
  { q: 'anna', kind: 'company' },
];

describe(`of ${CLIENTS} clients`, () => {
  test('each has the terms that the rules make of it', async () => {
    const rows = await many.database.inspect<Findable & { id: string; terms: string[] }>(
      `SELECT name, email, phone, external_id, tags, ARRAY(SELECT term FROM clients.search_terms
          WHERE tenant_id = c.tenant_id AND client_id = c.id) AS terms
        FROM clients.clients c WHERE tenant_id = $1 ORDER BY id LIMIT 20`,
      [LARGE],
    );
    for (const { terms, ...of } of rows) {
      expect(terms.toSorted()).toEqual(clientTerms(of).toSorted());
    }
  });

  test.each(asked)('a page of %j looks at a bounded number of rows, by an index', async (sent) => {
    for (const sort of sorts) {
      const { plans, rows } = await explain({ ...sent, sort });
      expect(plans.flatMap(({ read_whole }) => read_whole)).toEqual([]);
      expect(rows).toBeLessThan(MAX_ROWS);
    }
  });

  test.each([
    [{ sort: 'name', q: 'gar sch' }, `name_key LIKE 'garcia school%'`],
    [
      { sort: '-created_at', q: 'gar', tag: 'vip' },
      `name_key LIKE '%garcia%' AND 'VIP' = ANY (tags)`,
    ],
    [{ sort: '-updated_at', q: 'grace evans hotel' }, 'false'],
    [{ sort: 'updated_at', has_email: 'false' }, 'email IS NULL'],
    [{ sort: 'name', archived: 'true', kind: 'person' }, `kind = 'person'`],
  ])('page after page, %j gives each one once and leaves none out', async (sent, where) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await many.app
        .tenant(LARGE, ORIGIN)
        .read(list({ limit: '200', ...sent, ...(cursor === undefined ? {} : { cursor }) }));
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    const [, descending, column = ''] = /^(-?)(.+)$/.exec(sent.sort) ?? [];
    const direction = descending ? 'DESC' : 'ASC';
    const key = column.replace(/^name$/, 'name_key');
    const wanted = await many.database.inspect<{ id: string }>(
      `SELECT id FROM clients.clients WHERE tenant_id = $1 AND ${where}
        AND (archived_at IS NOT NULL) = $2 ORDER BY ${key} ${direction}, id ${direction}`,
      [LARGE, 'archived' in sent],
    );
    expect(seen).toEqual(wanted.map(({ id }) => id));
  });
});
