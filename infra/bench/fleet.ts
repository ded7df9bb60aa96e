/** The businesses that a bench is about, and the quotes that wait for their acceptance. */
import type { Platform } from './platform.ts';
import {
  type Business,
  copyQuotes,
  openBusiness,
  type PreparedQuote,
  renewTokens,
} from './prepare.ts';
import { type Shots, shotsOf } from './shots.ts';

const BUSINESSES = 20;
/** Enough for whether it works: their tokens last for what a quick run asks. */
const FEW_BUSINESSES = 5;
const COACHES = 10;
/** Of each business: more than a list shows at once. */
const CLIENTS = 30;
/** A token lives a quarter of an hour, and no row takes so long as is left then. */
const RENEW_MS = 5 * 60_000;

export interface Fleet {
  businesses: Business[];
  quotes: PreparedQuote[];
  shots: Shots;
  /** So many quotes at least, and tokens that are good for as long as one row takes. */
  stock(quotes: number): Promise<void>;
}

/** In turn from all businesses, as it would be: nobody waits for his own lock only. */
const inTurn = (of: PreparedQuote[][]): PreparedQuote[] =>
  (of[0] ?? []).flatMap((_, index) => of.flatMap((quotes) => quotes[index] ?? []));

export async function openFleet(platform: Platform, quick = false): Promise<Fleet> {
  const businesses: Business[] = [];
  const count = quick ? FEW_BUSINESSES : BUSINESSES;
  for (let number = 0; number < count; number += 1) {
    businesses.push(await openBusiness(platform, { coaches: COACHES, clients: CLIENTS }));
  }
  const quotes: PreparedQuote[] = [];
  const shots = shotsOf(businesses, quotes);
  let renewed_at = Number.NEGATIVE_INFINITY;
  const stock = async (wanted: number) => {
    if (performance.now() - renewed_at > RENEW_MS) {
      await renewTokens(platform, businesses);
      renewed_at = performance.now();
    }
    const missing = wanted - quotes.length;
    if (missing <= 0) return;
    const each = { count: Math.ceil(missing / businesses.length) };
    const copies: PreparedQuote[][] = [];
    for (const one of businesses) copies.push(await copyQuotes(platform, one, each));
    quotes.push(...inTurn(copies));
    await platform.db.query('VACUUM (ANALYZE) bookings.charters, bookings.quotes');
  };
  await stock(businesses.length);
  return { businesses, quotes, shots, stock };
}
