import { bulk, type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict, notFound } from '@roundhouse/errors';
import { type Charter, charterColumns } from '../charters/store.ts';
import type { Free } from './quote.ts';
import { type Quote, quoteById } from './store.ts';

/** A quote with what is around it when its link is opened. */
export interface Offer {
  quote: Quote;
  charter: Charter;
  business_name: string | null;
  schedule: { id: string; link_generation: number } | undefined;
}

const charterOf = (tenant_id: string, quote_id: string) => sql`
  SELECT ${charterColumns} FROM charters WHERE tenant_id = ${tenant_id}
    AND id = (SELECT charter_id FROM quotes WHERE tenant_id = ${tenant_id} AND id = ${quote_id})`;

const businessOf = (tenant_id: string) =>
  sql`SELECT name FROM tenant_settings WHERE tenant_id = ${tenant_id}`;

const scheduleOf = (tenant_id: string, quote_id: string) => sql`
  SELECT schedule_id AS id, link_generation FROM payment_schedules WHERE tenant_id = ${tenant_id}
    AND charter_id = (SELECT charter_id FROM quotes WHERE tenant_id = ${tenant_id}
      AND id = ${quote_id})`;

type OfferRows = [Quote[], Charter[], { name: string }[], NonNullable<Offer['schedule']>[]];

function toOffer([[quote], [charter], [business], [schedule]]: OfferRows): Offer {
  if (quote === undefined || charter === undefined) throw notFound('quote');
  return { quote, charter, business_name: business?.name ?? null, schedule };
}

/** All that the public page shows, in one round trip. */
export async function findOffer(tx: Reader, tenant_id: string, id: string): Promise<Offer> {
  return toOffer(
    await tx.queries<OfferRows>([
      quoteById(tenant_id, id),
      charterOf(tenant_id, id),
      businessOf(tenant_id),
      scheduleOf(tenant_id, id),
    ]),
  );
}

/** Locks a quote and its charter, the charter first, as whoever changes both does. */
export async function lockOffer(tx: TenantTransaction, id: string): Promise<Offer> {
  const tenant_id = tx.tenant.id;
  const [charters, quotes] = await tx.queries<[Charter[], Quote[]]>([
    sql`${charterOf(tenant_id, id)} FOR UPDATE`,
    sql`${quoteById(tenant_id, id)} FOR UPDATE`,
  ]);
  return toOffer([quotes, charters, [], []]);
}

/**
 * Locks first and looks then, in one round trip but as separate statements: one statement would
 * choose from the snapshot that it took before it waited, and pick the coach that was just taken.
 * Charter and quote, then the vehicle types in sorted order, so that two acceptances of the same
 * types wait for each other instead of deadlocking.
 */
export async function lockOfferAndFree(tx: TenantTransaction, id: string) {
  const tenant_id = tx.tenant.id;
  const [charters, quotes, names, , free] = await tx.queries<
    [Charter[], Quote[], { name: string }[], unknown[], Free[]]
  >([
    sql`${charterOf(tenant_id, id)} FOR UPDATE`,
    sql`${quoteById(tenant_id, id)} FOR UPDATE`,
    businessOf(tenant_id),
    sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${tenant_id} vehicle_type `} || code, 0))
      FROM (SELECT vehicle ->> 'vehicle_type' AS code
        FROM quotes, jsonb_array_elements(price -> 'vehicles') AS vehicle
        WHERE tenant_id = ${tenant_id} AND id = ${id} ORDER BY 1) AS sorted`,
    freeVehicles(tenant_id, id),
  ]);
  return { offer: toOffer([quotes, charters, names, []]), free };
}

/** The vehicles that are free from garage to garage: of each type the first ones by id. */
const freeVehicles = (tenant_id: string, quote_id: string) => sql`
  SELECT free.id, free.vehicle_type
  FROM quotes, jsonb_to_recordset(price -> 'vehicles') AS wanted(
      vehicle_type text, count int, garage_out_at timestamptz, garage_in_at timestamptz),
    LATERAL (SELECT resources.id, resources.vehicle_type FROM resources
      WHERE resources.tenant_id = ${tenant_id} AND resources.vehicle_type = wanted.vehicle_type
        AND resources.status = 'active'
        AND NOT EXISTS (SELECT FROM allocations AS taken
          WHERE taken.tenant_id = ${tenant_id} AND taken.resource_id = resources.id
            -- An allocation lasts 40 days at most, so nothing before can reach into the span.
            AND taken.starts_at > wanted.garage_out_at - interval '40 days'
            AND taken.starts_at < wanted.garage_in_at AND taken.ends_at > wanted.garage_out_at)
      ORDER BY resources.id LIMIT wanted.count) AS free
  WHERE quotes.tenant_id = ${tenant_id} AND quotes.id = ${quote_id}`;

export interface Hold {
  resource_id: string;
  charter_id: string;
  starts_at: Temporal.Instant;
  ends_at: Temporal.Instant;
  held_until: Temporal.Instant;
}

/** The constraint judges last: whatever came between, no vehicle is promised twice. */
export function insertHolds(tx: TenantTransaction, holds: Hold[]): void {
  const { id, now } = tx.tenant;
  const rows = holds.map((hold) => [
    id,
    hold.resource_id,
    hold.charter_id,
    'held',
    hold.starts_at,
    hold.ends_at,
    hold.held_until,
    now(),
  ]);
  tx.queue(
    sql`INSERT INTO allocations (tenant_id, resource_id, charter_id, state, starts_at, ends_at,
        held_until, created_at)
      VALUES ${bulk(rows)}`,
    {
      one_booking_per_resource_and_time: () =>
        conflict('vehicle_taken', 'Somebody else has just taken the vehicle.'),
    },
  );
}

/** The deposit has come, or none was asked: what was held is booked. */
export function bookHolds(tx: TenantTransaction, charter_id: string): void {
  tx.queue(sql`
    UPDATE allocations SET state = 'booked', held_until = NULL
    WHERE tenant_id = ${tx.tenant.id} AND charter_id = ${charter_id} AND state = 'held'`);
}

export interface Evidence {
  name: string;
  address: string | null;
  user_agent: string | null;
  terms: string;
}

/** Who agreed to what, when and from where; never changed. */
export function insertAcceptance(tx: TenantTransaction, quote: Quote, evidence: Evidence): void {
  const { id, now } = tx.tenant;
  const { total, hash } = quote.price;
  tx.queue(sql`
    INSERT INTO acceptances (tenant_id, quote_id, name, accepted_at, address, user_agent, terms,
      price_hash, total_amount, currency)
    VALUES (${id}, ${quote.id}, ${evidence.name}, ${now()}, ${evidence.address},
      ${evidence.user_agent}, ${evidence.terms}, ${hash}, ${total.amount}, ${total.currency})`);
}

export interface Schedule {
  charter_id: string;
  schedule_id: string;
  link_generation: number;
  version: number;
}

export function saveSchedule(tx: TenantTransaction, schedule: Schedule): void {
  const { charter_id, schedule_id, link_generation, version } = schedule;
  tx.queue(sql`
    INSERT INTO payment_schedules AS kept
      (tenant_id, charter_id, schedule_id, link_generation, version)
    VALUES (${tx.tenant.id}, ${charter_id}, ${schedule_id}, ${link_generation}, ${version})
    ON CONFLICT (tenant_id, charter_id) DO UPDATE SET schedule_id = excluded.schedule_id,
      link_generation = excluded.link_generation, version = excluded.version
    WHERE kept.version < excluded.version`);
}
