import { invalid } from '@roundhouse/errors';
import { fraction, type Money } from '@roundhouse/money';
import { milesOf, ROAD_FACTOR_PPM } from './distance.ts';
import {
  DEADHEAD_MILES_PER_HOUR,
  minutesBetween,
  type Trip,
  type VehicleRun,
} from './vehicle-run.ts';

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

export interface PriceStep {
  rule: string;
  version: number | null;
  vehicle_type: string | null;
  detail: string;
  amount: Money | null;
}

/** As the schema of money has it: what is larger could not be sent. */
const MAX_AMOUNT = 1_000_000_000_000;
const MINUTES_PER_QUARTER = 15;

/** Lets pass what can be sent and stored as money. */
export function requireMoney(amount: number): void {
  if (amount <= MAX_AMOUNT) return;
  throw invalid('amount_too_large', '/vehicles', 'The price is beyond ten billion.');
}

/** What each vehicle is billed for. */
interface Billed {
  minutes: number;
  started_quarters: number;
  quarters: number;
  live_miles: number;
  deadhead_miles: number;
}

function billed(run: VehicleRun, card: RateCard): Billed {
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

/** A quantity of all vehicles, in parts of a unit, at a price for the whole unit; half a cent is one. */
function amountOf(unit_price: Money, parts: number, parts_per_unit: number): Money {
  requireMoney((unit_price.amount * parts) / parts_per_unit);
  return fraction(unit_price, parts, parts_per_unit);
}

const miles = (count: number) => (count === 1 ? '1 mile' : `${count} miles`);
const hours = (quarters: number) => (quarters === 4 ? '1 hour' : `${quarters / 4} hours`);

function linesOf(run: VehicleRun, card: RateCard, each: Billed): PriceLine[] {
  const { vehicle_type, count } = run;
  const line = (
    kind: PriceLine['kind'],
    description: string,
    { parts, of, unit_price }: { parts: number; of: number; unit_price: Money },
  ): PriceLine => ({
    kind,
    vehicle_type,
    description: `${count} × ${vehicle_type}: ${description}`,
    quantity: String((parts * count) / of),
    unit: kind === 'time' ? 'hour' : 'mile',
    unit_price,
    amount: amountOf(unit_price, parts * count, of),
  });
  const { quarters, live_miles, deadhead_miles } = each;
  const time = { parts: quarters, of: 4, unit_price: card.hourly };
  const live = { parts: live_miles, of: 1, unit_price: card.live_mile };
  const deadhead = { parts: deadhead_miles, of: 1, unit_price: card.deadhead_mile };
  const lines = [
    line('time', `${hours(quarters)} from garage to garage`, time),
    line('live_miles', `${miles(live_miles)} with passengers`, live),
    line('deadhead_miles', `${miles(deadhead_miles)} empty, from the garage and back`, deadhead),
  ];
  return lines.filter(({ quantity }) => quantity !== '0');
}

interface Estimate {
  trip: Trip;
  run: VehicleRun;
  card: RateCard;
  each: Billed;
}

/** How the quantities came about: what no line shows. */
function estimateSteps({ trip, run, card, each }: Estimate): PriceStep[] {
  const { vehicle_type, live_meters, deadhead_meters } = run;
  const step = (rule: string, detail: string, version: number | null = null): PriceStep => ({
    rule,
    version,
    vehicle_type,
    detail,
    amount: null,
  });
  const factor = ROAD_FACTOR_PPM / 1_000_000;
  const way = (meters: number, whole: number) =>
    `as the crow flies, times ${factor} for the roads: about ${meters} m, ${miles(whole)} a vehicle`;
  // Not the times themselves: whoever reads this lives in some time zone, and prices know none.
  const early = minutesBetween(run.garage_out_at, trip.starts_at);
  const late = minutesBetween(trip.ends_at, run.garage_in_at);
  const steps = [
    step('live_distance', `From stop to stop ${way(live_meters, each.live_miles)}.`),
    step(
      'deadhead_distance',
      `Garage to first stop and last stop to garage ${way(deadhead_meters, each.deadhead_miles)}.`,
    ),
    step(
      'deadhead_time',
      `Empty, at ${DEADHEAD_MILES_PER_HOUR} miles an hour on average: leaves the garage ${early} minutes before the start, is back ${late} minutes after the end.`,
    ),
    step(
      'quarter_hours',
      `${each.minutes} minutes from garage to garage, in quarter hours begun: ${hours(each.started_quarters)} a vehicle.`,
    ),
  ];
  if (each.quarters === each.started_quarters) return steps;
  const minimum = `A vehicle is billed for ${hours(each.quarters)} at least.`;
  return [...steps, step('minimum_hours', minimum, card.version)];
}

const RATE_RULES = {
  time: 'hourly_rate',
  live_miles: 'live_mile_rate',
  deadhead_miles: 'deadhead_mile_rate',
} as const;

export interface VehiclePrice {
  lines: PriceLine[];
  steps: PriceStep[];
}

/** What all vehicles of one type cost: time and miles, each with how it came about. */
export function priceVehicles(trip: Trip, run: VehicleRun, card: RateCard): VehiclePrice {
  const each = billed(run, card);
  const lines = linesOf(run, card, each);
  const rates = lines.map(
    ({ kind, vehicle_type, quantity, unit, amount }): PriceStep => ({
      rule: RATE_RULES[kind],
      version: card.version,
      vehicle_type,
      detail: `${quantity} ${unit}s of all vehicles at the rate of the line.`,
      amount,
    }),
  );
  return { lines, steps: [...estimateSteps({ trip, run, card, each }), ...rates] };
}
