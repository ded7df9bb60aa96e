import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { trip } from '../../../infra/demo/charter-company.ts';
import { type Call, call, isBusy, served } from './http.ts';
import type { Office } from './office.ts';

/** A write that was acknowledged: where it can be read, and in which table it is a row. */
export interface Kept {
  office: Office;
  path: string;
  table: 'clients.clients' | 'bookings.charters' | 'bookings.quotes';
}

export interface MixedRequest {
  what: string;
  request: Call;
  /** Called with the body of a success. */
  keep?: (body: { id: string }) => void;
}

const READS = [
  'charters/charters?limit=20',
  'clients/clients?limit=20',
  'charters/charters?limit=20',
  'pricing/rate-cards',
  'payments/invoices',
  'auth/me',
];

const LOGIN_EVERY = 100;

/** Of twenty requests twelve read; the others write, with a key and without one in turn. */
export function anyRequest(number: number, offices: Office[], kept: Kept[]): MixedRequest {
  const office = offices[number % offices.length] as Office;
  const { token, client_id } = office;
  // A log-in is a write of auth and costs a hash: one in a second, or a busy machine queues them.
  if (number % LOGIN_EVERY === 0) {
    const request = { method: 'POST', path: 'auth/login', body: office.owner };
    return { what: 'POST auth/login', request };
  }
  const turn = Math.floor(number / offices.length) + number;
  const key = turn % 2 === 0 ? { key: randomUUID() } : {};
  const post = (path: string, table: Kept['table'], read: string, body?: unknown) => ({
    what: `POST ${path}${turn % 2 === 0 ? ' with a key' : ''}`,
    request: { method: 'POST', path, token, body, ...key },
    keep: ({ id }: { id: string }) => kept.push({ office, path: `${read}/${id}`, table }),
  });
  const kind = turn % 20;
  if (kind < 12) {
    const path = READS[kind % READS.length] ?? '';
    return { what: `GET ${path}`, request: { method: 'GET', path, token } };
  }
  if (kind < 16) {
    return post('clients/clients', 'clients.clients', 'clients/clients', {
      name: `Rolling ${number}`,
    });
  }
  if (kind < 18) {
    const inquiry = { client_id, ...trip(office.nextWeek() % 200) };
    return post('charters/charters', 'bookings.charters', 'charters/charters', inquiry);
  }
  const charter = kept.findLast((one) => one.office === office && one.path.includes('charters/ch'));
  // A quote asks pricing for its price.
  if (kind === 18 && charter !== undefined) {
    return post(`${charter.path}/quotes`, 'bookings.quotes', 'charters/quotes');
  }
  return anyRequest(number + 1, offices, kept);
}

export interface UnderLoad {
  requests: number;
  /** What was asked, and what was said in place of a success. */
  failed: string[];
}

/**
 * Requests by the clock, until stopped; none but a busy machine's is asked again. Answers how to
 * stop, which waits for those under way.
 */
export function startMix(
  offices: Office[],
  kept: Kept[],
  per_second: number,
): () => Promise<UnderLoad> {
  let over = false;
  const failed: string[] = [];
  const send = async (number: number) => {
    const { what, request, keep } = anyRequest(number, offices, kept);
    const { status, body } = await served(request, isBusy);
    if (status >= 200 && status < 300) keep?.(body);
    else failed.push(`${what}: ${status} ${body?.code ?? ''}`);
  };
  const sending = (async () => {
    const sent: Promise<void>[] = [];
    while (!over) {
      sent.push(send(sent.length));
      await setTimeout(1_000 / per_second);
    }
    await Promise.all(sent);
    return sent.length;
  })();
  return async () => {
    over = true;
    return { requests: await sending, failed };
  };
}

const AT_ONCE = 20;

async function countMissing(kept: Kept[]): Promise<number> {
  const left = [...kept];
  let missing = 0;
  const reader = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const { status } = await call({ method: 'GET', path: one.path, token: one.office.token });
      if (status !== 200) missing += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  return missing;
}

/** Rows of these businesses beyond those that were acknowledged, and the one client of each. */
async function countDoubled(offices: Office[], kept: Kept[]): Promise<number> {
  const database = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await database.connect();
  let doubled = 0;
  for (const table of ['clients.clients', 'bookings.charters', 'bookings.quotes']) {
    const { rows } = await database.query(
      `SELECT count(*)::int AS rows FROM ${table} WHERE tenant_id = ANY($1)`,
      [offices.map(({ tenant_id }) => tenant_id)],
    );
    const before = table === 'clients.clients' ? offices.length : 0;
    doubled += rows[0].rows - before - kept.filter((one) => one.table === table).length;
  }
  await database.end();
  return doubled;
}

/** Reads each acknowledged write by the API, and counts what is there without having been asked. */
export async function settled(offices: Office[], kept: Kept[]) {
  return { missing: await countMissing(kept), doubled: await countDoubled(offices, kept) };
}
