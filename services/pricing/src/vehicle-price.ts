import { invalid } from '@roundhouse/errors';
import { fraction, MAX_AMOUNT, type Money } from '@roundhouse/money';
import { milesOf } from './distance.ts';
import { minutesBetween, type VehicleRun } from './vehicle-run.ts';

export interface RateCard {
  version: number;
  vehicle_type: string;
  /** Billed at least, garage to garage. */
  minimum_hours: number;
  hourly: Money;
  live_mile: Money;
  deadhead_mile: Money;
}

export interface PriceLine {
  kind: 'time' | 'live_miles' | 'deadhead_miles';
  vehicle_type: string;
  description: string;
  quantity: string;
  unit: 'hour' | 'mile';
  unit_price: Money;
  amount: Money;
}

/** What each vehicle of a type is billed for: time in quarter hours, miles begun. */
export interface Billed {
  minutes: number;
  started_quarters: number;
  quarters: number;
  live_miles: number;
  deadhead_miles: number;
}

/** What all vehicles of one type cost. */
export interface VehiclePrice {
  run: VehicleRun;
  card: RateCard;
  billed: Billed;
  lines: PriceLine[];
}

const MINUTES_PER_QUARTER = 15;

/** Lets pass what can be sent and stored as money. */
export function requireMoney(amount: number): void {
  if (amount <= MAX_AMOUNT) return;
  throw invalid('amount_too_large', '/vehicles', 'The price is beyond ten billion.');
}

export const counted = (count: number, unit: string): string =>
  count === 1 ? `1 ${unit}` : `${count} ${unit}s`;

/** Quarter hours as hours, such as `6.25 hours`. */
export const hours = (quarters: number): string => counted(quarters / 4, 'hour');

function bill(run: VehicleRun, card: RateCard): Billed {
  const minutes = minutesBetween(run.garage_out_at, run.garage_in_at);
  const started_quarters = Math.ceil(minutes / MINUTES_PER_QUARTER);
  return {
    minutes,
    started_quarters,
    quarters: Math.max(started_quarters, card.minimum_hours * 4),
    live_miles: milesOf(run.live_meters),
    deadhead_miles: milesOf(run.deadhead_meters),
  };
}

/** What one line is about: so many parts for each vehicle, `parts_per_unit` of them to the unit. */
interface Item {
  kind: PriceLine['kind'];
  what: string;
  parts: number;
  parts_per_unit: number;
  unit_price: Money;
}

function lineOf({ vehicle_type, count }: VehicleRun, item: Item): PriceLine {
  const { kind, what, parts_per_unit, unit_price } = item;
  const parts = item.parts * count;
  // Asked before the exact sum, which would not fit a number.
  requireMoney((unit_price.amount * parts) / parts_per_unit);
  return {
    kind,
    vehicle_type,
    description: `${count} × ${vehicle_type}: ${what}`,
    quantity: String(parts / parts_per_unit),
    unit: kind === 'time' ? 'hour' : 'mile',
    unit_price,
    amount: fraction(unit_price, parts, parts_per_unit),
  };
}

/** Time and miles; a line with nothing on it is left out. */
export function priceVehicles(run: VehicleRun, card: RateCard): VehiclePrice {
  const billed = bill(run, card);
  const { quarters, live_miles, deadhead_miles } = billed;
  const items: Item[] = [
    {
      kind: 'time',
      what: `${hours(quarters)} from garage to garage`,
      parts: quarters,
      parts_per_unit: 4,
      unit_price: card.hourly,
    },
    {
      kind: 'live_miles',
      what: `${counted(live_miles, 'mile')} with passengers`,
      parts: live_miles,
      parts_per_unit: 1,
      unit_price: card.live_mile,
    },
    {
      kind: 'deadhead_miles',
      what: `${counted(deadhead_miles, 'mile')} empty, from the garage and back`,
      parts: deadhead_miles,
      parts_per_unit: 1,
      unit_price: card.deadhead_mile,
    },
  ];
  const lines = items.filter(({ parts }) => parts > 0).map((item) => lineOf(run, item));
  return { run, card, billed, lines };
}
