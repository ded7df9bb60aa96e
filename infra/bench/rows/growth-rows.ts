/**
 * Bookings in bulk, by SQL into a database of the bench's own: copies of one that went the whole
 * way through the API. One business holds half of all, the others share the rest.
 */
import type { Platform } from '../platform.ts';
import type { Business } from '../prepare.ts';

/** So many bookings a client has on average. */
const BOOKINGS_EACH = 10;

const table = (name: string) => `bookings.${name}`;
const TABLES = ['charters', 'quotes', 'allocations', 'clients'].map(table);

/** Clients, and what bookings keeps of them; found by their names and e-mails. */
const CLIENTS = `
  WITH made AS (
    INSERT INTO clients.clients (tenant_id, name, email, time_zone, created_at, updated_at)
    SELECT $1::uuid, 'Grown School ' || n, 'school' || n || '@grown.example', 'America/New_York',
      now() - interval '3 years' + n * interval '10 s', now()
    FROM generate_series($2::int, $3::int) AS n RETURNING id, name, email),
  copies AS (
    INSERT INTO bookings.clients (tenant_id, id, version, name, email, status)
    SELECT $1::uuid, id, 1, name, email, 'active' FROM made)
  INSERT INTO clients.search_terms (tenant_id, client_id, source_id, term)
  SELECT $1::uuid, id, id, term FROM made, LATERAL (VALUES ('grown'), ('school'), ('example'),
    (split_part(name, ' ', 3)), ('@' || email), (split_part(email, '@', 1))) AS terms (term)`;

/**
 * From day to day all coaches go once, so that no two of their trips overlap. The template's own
 * day, and those that the API books meanwhile, lie before.
 */
const BOOKINGS = `
  WITH template AS (
    SELECT passengers, stops, vehicles, starts_at, ends_at, notes, quotes.contact, quotes.price,
      quotes.total_amount, quotes.currency
    FROM bookings.charters JOIN bookings.quotes
      ON quotes.tenant_id = charters.tenant_id AND quotes.charter_id = charters.id
    WHERE charters.tenant_id = $1 AND quotes.id = $4),
  owners AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
    FROM bookings.clients WHERE tenant_id = $1),
  made AS (
    SELECT uuidv7(now() - interval '3 years' + n * interval '1 s' - now()) AS id, n,
      make_interval(days => 10000 + n / $5::int) AS later, owners.id AS client_id
    FROM generate_series($2::int, $3::int) AS n
    JOIN owners ON owners.place = n % (SELECT count(*) FROM owners)),
  charters AS (
    INSERT INTO bookings.charters (tenant_id, id, client_id, status, version, passengers, stops,
      vehicles, starts_at, ends_at, notes, created_at, updated_at)
    SELECT $1::uuid, made.id, made.client_id, 'confirmed', 4, passengers, stops, vehicles,
      starts_at + later, ends_at + later, notes,
      now() - interval '3 years' + n * interval '1 s', now()
    FROM made, template),
  quotes AS (
    INSERT INTO bookings.quotes (tenant_id, charter_id, status, version, contact, price,
      total_amount, currency, accepted_at, created_at, updated_at)
    SELECT $1::uuid, made.id, 'accepted', 3, contact, price, total_amount, currency, now(),
      now() - interval '3 years' + n * interval '1 s', now()
    FROM made, template)
  INSERT INTO bookings.allocations (tenant_id, resource_id, charter_id, state, starts_at, ends_at,
    created_at)
  SELECT $1::uuid, ($6::uuid[])[1 + n % $5::int], made.id, 'booked', starts_at + later,
    ends_at + later, now()
  FROM made, template`;

/** Fewer at a time than would fill the memory. */
const BATCH = 50_000;

export interface Grown {
  /** Bookings so far, by tenant. */
  of: Map<string, number>;
}

async function growOne(platform: Platform, business: Business, from: number, to: number) {
  const { db } = platform;
  const { tenant_id, template, resource_ids } = business;
  const clients = (bookings: number) => Math.ceil(bookings / BOOKINGS_EACH);
  await db.query(CLIENTS, [tenant_id, clients(from) + 1, clients(to)]);
  for (let at = from + 1; at <= to; at += BATCH) {
    const last = Math.min(at + BATCH - 1, to);
    const { length } = resource_ids;
    await db.query(BOOKINGS, [tenant_id, at, last, template.quote_id, length, resource_ids]);
  }
}

/** So many bookings in all; the first business has half of them. */
export async function growTo(
  platform: Platform,
  businesses: Business[],
  grown: Grown,
  bookings: number,
): Promise<void> {
  const { db } = platform;
  // Keys and triggers are checked once by each copy's pattern; the exclusion constraint always is.
  await db.query(`SET session_replication_role = replica; SET synchronous_commit = off`);
  for (const [index, business] of businesses.entries()) {
    const share = index === 0 ? 0.5 : 0.5 / (businesses.length - 1);
    const wanted = Math.round(bookings * share);
    await growOne(platform, business, grown.of.get(business.tenant_id) ?? 0, wanted);
    grown.of.set(business.tenant_id, wanted);
  }
  await db.query('RESET session_replication_role; RESET synchronous_commit');
  // As the database's own caretaker would by and by.
  await db.query(`VACUUM (ANALYZE) ${TABLES.join(', ')}, clients.clients, clients.search_terms`);
  await db.query('CHECKPOINT');
}
