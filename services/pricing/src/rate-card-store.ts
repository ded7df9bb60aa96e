import {
  empty,
  type Page,
  type PageRequest,
  page,
  type Reader,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { conflict, notFound } from '@roundhouse/errors';
import { money } from '@roundhouse/money';
import type { Output } from '@roundhouse/service/contract';
import type { contract } from './contract.ts';

export type RateCard = Output<typeof contract.routes.getRateCard>;
export type Rates = Pick<RateCard, 'minimum_hours' | 'hourly' | 'live_mile' | 'deadhead_mile'>;

export type RateCardRow = Omit<RateCard, 'hourly' | 'live_mile' | 'deadhead_mile'> & {
  hourly_amount: number;
  live_mile_amount: number;
  deadhead_mile_amount: number;
  currency: string;
};

const columns = sql`
  id, version, vehicle_type, minimum_hours, hourly_amount, live_mile_amount, deadhead_mile_amount,
  currency, created_at, updated_at`;

export function rateCardOf(row: RateCardRow): RateCard {
  const { hourly_amount, live_mile_amount, deadhead_mile_amount, currency, ...card } = row;
  return {
    ...card,
    hourly: money(hourly_amount, currency),
    live_mile: money(live_mile_amount, currency),
    deadhead_mile: money(deadhead_mile_amount, currency),
  };
}

function only([row]: RateCardRow[]): RateCard {
  if (row === undefined) throw notFound('rate_card');
  return rateCardOf(row);
}

export async function insertRateCard(
  tx: TenantTransaction,
  card: Rates & Pick<RateCard, 'vehicle_type'>,
): Promise<RateCard> {
  const { id } = tx.tenant;
  const now = tx.tenant.now();
  const { vehicle_type, minimum_hours, hourly, live_mile, deadhead_mile } = card;
  const rows = await tx.query<RateCardRow>(
    sql`INSERT INTO rate_cards (tenant_id, vehicle_type, minimum_hours, hourly_amount,
        live_mile_amount, deadhead_mile_amount, currency, created_at, updated_at)
      VALUES (${id}, ${vehicle_type}, ${minimum_hours}, ${hourly.amount}, ${live_mile.amount},
        ${deadhead_mile.amount}, ${hourly.currency}, ${now}, ${now})
      RETURNING ${columns}`,
    {
      one_rate_card_per_vehicle_type: () =>
        conflict('rate_card_exists', `There are rates for ${vehicle_type} already: change those.`),
    },
  );
  return only(rows);
}

export async function findRateCard(tx: Reader, tenant_id: string, id: string): Promise<RateCard> {
  return only(
    await tx.query<RateCardRow>(
      sql`SELECT ${columns} FROM rate_cards WHERE tenant_id = ${tenant_id} AND id = ${id}`,
    ),
  );
}

export async function lockRateCard(tx: TenantTransaction, id: string): Promise<RateCard> {
  return only(
    await tx.query<RateCardRow>(
      sql`SELECT ${columns} FROM rate_cards
        WHERE tenant_id = ${tx.tenant.id} AND id = ${id} FOR UPDATE`,
    ),
  );
}

export function updateRateCard(tx: TenantTransaction, card: RateCard): void {
  tx.queue(sql`
    UPDATE rate_cards SET version = ${card.version}, minimum_hours = ${card.minimum_hours},
      hourly_amount = ${card.hourly.amount}, live_mile_amount = ${card.live_mile.amount},
      deadhead_mile_amount = ${card.deadhead_mile.amount}, updated_at = ${card.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${card.id}`);
}

export async function findRateCards(
  tx: Reader,
  tenant_id: string,
  query: PageRequest & { vehicle_type?: string | undefined },
): Promise<Page<RateCard>> {
  const { position, order, of } = page(query, 'text');
  const { vehicle_type } = query;
  const filter = vehicle_type === undefined ? empty : sql`AND vehicle_type = ${vehicle_type}`;
  const rows = await tx.query<RateCardRow>(
    sql`SELECT ${columns} FROM rate_cards
      WHERE tenant_id = ${tenant_id} ${filter} ${position} ${order}`,
  );
  return of(rows.map(rateCardOf));
}

/** For a price, whose types are few: the contract says how many. */
export const rateCardsOfTypes = (tenant_id: string, types: string[]) => sql`
  SELECT ${columns} FROM rate_cards
  WHERE tenant_id = ${tenant_id} AND vehicle_type = ANY (${types}::text[])`;
