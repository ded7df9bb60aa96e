import type { Money } from '@roundhouse/money';
import { ROAD_FACTOR_PPM } from './distance.ts';
import type { DepositPolicy, TaxRate } from './policy.ts';
import { counted, hours, type VehiclePrice } from './vehicle-price.ts';
import { DEADHEAD_MILES_PER_HOUR, minutesBetween, type Trip } from './vehicle-run.ts';

/** A rule that was applied, in words that a client understands. */
export interface PriceStep {
  rule: string;
  /** Of what the rule stands in; null where it is the house's own and its detail says all of it. */
  version: number | null;
  vehicle_type: string | null;
  detail: string;
  amount: Money | null;
}

const RATE_RULES = {
  time: 'hourly_rate',
  live_miles: 'live_mile_rate',
  deadhead_miles: 'deadhead_mile_rate',
} as const;

/** How the quantities of one type's lines came about, and then each line's rate. */
export function vehicleSteps(trip: Trip, price: VehiclePrice): PriceStep[] {
  const { run, card, billed, lines } = price;
  const step = (rule: string, ...sentence: string[]): PriceStep => ({
    rule,
    version: null,
    vehicle_type: run.vehicle_type,
    detail: sentence.join(' '),
    amount: null,
  });
  const asTheCrowFlies = `as the crow flies, times ${ROAD_FACTOR_PPM / 1_000_000} for the roads:`;
  const way = (meters: number, miles: number) =>
    `about ${meters} m, ${counted(miles, 'mile')} a vehicle.`;
  // Not the times themselves: whoever reads this lives in some time zone, and prices know none.
  const early = counted(minutesBetween(run.garage_out_at, trip.starts_at), 'minute');
  const late = counted(minutesBetween(trip.ends_at, run.garage_in_at), 'minute');
  const minimum = {
    ...step('minimum_hours', `A vehicle is billed for ${hours(billed.quarters)} at least.`),
    version: card.version,
  };
  return [
    step(
      'live_distance',
      `From stop to stop ${asTheCrowFlies}`,
      way(run.live_meters, billed.live_miles),
    ),
    step(
      'deadhead_distance',
      `From the garage to the first stop and from the last one back ${asTheCrowFlies}`,
      way(run.deadhead_meters, billed.deadhead_miles),
    ),
    step(
      'deadhead_time',
      `Empty, at ${DEADHEAD_MILES_PER_HOUR} miles an hour on average:`,
      `leaves the garage ${early} before the start, is back ${late} after the end.`,
    ),
    step(
      'quarter_hours',
      `${counted(billed.minutes, 'minute')} from garage to garage, in quarter hours begun:`,
      `${hours(billed.started_quarters)} a vehicle.`,
    ),
    ...(billed.quarters > billed.started_quarters ? [minimum] : []),
    ...lines.map(({ kind, quantity, unit, amount }) => ({
      ...step(RATE_RULES[kind], `${quantity} times the price of one ${unit}, for all vehicles.`),
      version: card.version,
      amount,
    })),
  ];
}

interface Sums {
  net: Money;
  tax: TaxRate & { amount: Money };
  deposit: Money;
  balance: Money;
  policy: DepositPolicy;
}

const percent = (ppm: number) => `${ppm / 10_000} %`;

/** What happens to the lines of all vehicles together. */
export function sumSteps({ net, tax, deposit, balance, policy }: Sums): PriceStep[] {
  const { deposit_ppm, hold_hours, balance_days_before_start } = policy;
  const rate = percent(tax.rate_ppm);
  const within = counted(hold_hours, 'hour');
  const ahead = counted(balance_days_before_start, 'day');
  const step = (rule: string, version: number | null, amount: Money, detail: string) => ({
    rule,
    version,
    vehicle_type: null,
    detail,
    amount,
  });
  const share = `${percent(deposit_ppm)} of the total, within ${within} of the acceptance.`;
  const rest = `The rest of the total, ${ahead} before the start, or at once after that.`;
  return [
    step('net', null, net, 'The sum of the lines.'),
    step('tax', tax.version, tax.amount, `${tax.name}: ${rate} of the net, a half rounded up.`),
    step('deposit', policy.version, deposit, share),
    step('balance', policy.version, balance, rest),
  ];
}
