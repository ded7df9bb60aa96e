import { type Page, page, type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import { CharterPrice } from '@roundhouse/pricing/contract';
import type { Input, Output } from '@roundhouse/service/contract';
import { z } from 'zod';
import { type Charter, charterById } from '../charters/store.ts';
import type { contract } from '../contract.ts';
import { quotes } from '../meters.ts';
import { type VehicleType, vehicleTypesOf } from '../resources/store.ts';

type Routes = (typeof contract)['routes'];
type Shown = Output<Routes['getQuote']>;
/** As the contract shows it, and with the generation of its link. */
export type Quote = Shown & { link_generation: number };
export interface NewQuote extends Pick<Quote, 'charter_id' | 'contact'> {
  /** As pricing has just answered it. */
  price: z.output<typeof CharterPrice>;
}

const quoteColumns = sql`id, version, charter_id, status, contact, price, link_generation,
  valid_until, sent_at, accepted_at, created_at, updated_at`;

function found([row]: Quote[]): Quote {
  if (row === undefined) throw notFound('quote');
  return row;
}

/** What a price needs, and whom the quote goes to, in one round trip. */
export async function findPriceable(tx: Reader, tenant_id: string, charter_id: string) {
  const here = sql`FROM charters WHERE tenant_id = ${tenant_id} AND id = ${charter_id}`;
  const [[charter], types, [contact]] = await tx.queries<
    [Charter[], VehicleType[], Quote['contact'][]]
  >([
    charterById(tenant_id, charter_id),
    vehicleTypesOf(tenant_id, charter_id),
    sql`SELECT id AS client_id, name, email, phone FROM clients
      WHERE tenant_id = ${tenant_id} AND id = (SELECT client_id ${here})`,
  ]);
  if (charter === undefined || contact === undefined) throw notFound('charter');
  return { charter, types, contact };
}

export async function insertQuote(tx: TenantTransaction, quote: NewQuote): Promise<Quote> {
  const { id } = tx.tenant;
  const now = tx.tenant.now();
  const { total } = quote.price;
  const price = JSON.stringify(z.encode(CharterPrice, quote.price));
  const rows = await tx.query<Quote>(sql`
    INSERT INTO quotes (tenant_id, charter_id, status, contact, price, total_amount, currency,
      created_at, updated_at)
    VALUES (${id}, ${quote.charter_id}, 'draft', ${JSON.stringify(quote.contact)}::jsonb,
      ${price}::jsonb, ${total.amount}, ${total.currency}, ${now}, ${now})
    RETURNING ${quoteColumns}`);
  quotes.countAfter(tx, { status: 'draft' });
  return found(rows);
}

export const quoteById = (tenant_id: string, id: string) =>
  sql`SELECT ${quoteColumns} FROM quotes WHERE tenant_id = ${tenant_id} AND id = ${id}`;

export async function findQuote(tx: Reader, tenant_id: string, id: string): Promise<Quote> {
  return found(await tx.query<Quote>(quoteById(tenant_id, id)));
}

/** Writes what sending and accepting change. */
export function updateQuote(tx: TenantTransaction, quote: Quote): void {
  tx.queue(sql`
    UPDATE quotes SET version = ${quote.version}, status = ${quote.status},
      valid_until = ${quote.valid_until}, sent_at = ${quote.sent_at},
      accepted_at = ${quote.accepted_at}, updated_at = ${quote.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${quote.id}`);
  quotes.countAfter(tx, { status: quote.status });
}

/** The latest offer is the one that counts. */
export function supersedeOthers(tx: TenantTransaction, { id, charter_id }: Quote): void {
  tx.queue(sql`
    UPDATE quotes SET version = version + 1, status = 'superseded', updated_at = ${tx.tenant.now()}
    WHERE tenant_id = ${tx.tenant.id} AND charter_id = ${charter_id} AND id <> ${id}
      AND status = 'sent'`);
}

export async function findQuotes(
  tx: Reader,
  tenant_id: string,
  query: Input<Routes['listQuotes']>['query'],
): Promise<Page<Quote>> {
  const { position, order, of } = page(query);
  const { charter_id } = query;
  const rows = await tx.query<Quote>(
    sql`SELECT ${quoteColumns} FROM quotes WHERE tenant_id = ${tenant_id}
      ${charter_id === undefined ? sql`` : sql`AND charter_id = ${charter_id}`}
      ${position} ${order}`,
  );
  return of(rows);
}
