import { DomainError, invalid } from '@roundhouse/errors';
import { add, fraction, type Money, PPM, subtract, sum, taxOn } from '@roundhouse/money';
import { ROAD_FACTOR_PPM } from './distance.ts';
import type { DepositPolicy, TaxRate } from './policy.ts';
import {
  type PriceLine,
  type PriceStep,
  priceVehicles,
  type RateCard,
  requireMoney,
} from './vehicle-price.ts';
import {
  estimateRun,
  requireSpan,
  type Trip,
  type VehicleRequest,
  type VehicleRun,
} from './vehicle-run.ts';

export interface CharterRequest extends Trip {
  vehicles: readonly VehicleRequest[];
}

/** What the business asks today. */
export interface Terms {
  cards: readonly RateCard[];
  tax: TaxRate;
  policy: DepositPolicy;
}

export interface CharterPrice {
  currency: string;
  lines: PriceLine[];
  steps: PriceStep[];
  net: Money;
  tax: TaxRate & { amount: Money };
  total: Money;
  deposit: Money;
  balance: Money;
  policy: DepositPolicy;
  vehicles: VehicleRun[];
  distance: { method: 'great_circle'; factor_ppm: number; estimated: true };
}

/** Lines of time and miles, tax on their sum, and what is paid when. */
export function priceCharter(charter: CharterRequest, terms: Terms): CharterPrice {
  requireSpan(charter);
  requireEachTypeOnce(charter.vehicles);
  const cards = cardsFor(charter.vehicles, terms.cards);
  const vehicles = charter.vehicles.map((vehicle) => estimateRun(charter, vehicle));
  const priced = vehicles.map((run, index) =>
    priceVehicles(charter, run, cards[index] as RateCard),
  );
  const lines = priced.flatMap((part) => part.lines);
  const currency = (cards[0] as RateCard).hourly.currency;

  const net = sum(
    lines.map(({ amount }) => amount),
    currency,
  );
  const tax = { ...terms.tax, amount: taxOn(net, terms.tax.rate_ppm) };
  const total = add(net, tax.amount);
  requireMoney(total.amount);
  const deposit = fraction(total, terms.policy.deposit_ppm, PPM);
  const balance = subtract(total, deposit);
  return {
    currency,
    lines,
    steps: [
      ...priced.flatMap((part) => part.steps),
      ...sumSteps({ net, tax, deposit, balance, policy: terms.policy }),
    ],
    net,
    tax,
    total,
    deposit,
    balance,
    policy: terms.policy,
    vehicles,
    distance: { method: 'great_circle', factor_ppm: ROAD_FACTOR_PPM, estimated: true },
  };
}

function requireEachTypeOnce(vehicles: readonly VehicleRequest[]): void {
  const types = vehicles.map(({ vehicle_type }) => vehicle_type);
  const repeated = types.findIndex((type, index) => types.indexOf(type) < index);
  if (repeated < 0) return;
  const detail = `${types[repeated]} is asked for twice: give one entry a type, with its count.`;
  throw invalid('vehicle_type_repeated', `/vehicles/${repeated}/vehicle_type`, detail);
}

/** The card of each entry, in order; all that are missing are named at once. */
function cardsFor(vehicles: readonly VehicleRequest[], cards: readonly RateCard[]): RateCard[] {
  const found = new Map(cards.map((card) => [card.vehicle_type, card]));
  const missing = vehicles.flatMap(({ vehicle_type }, index) => {
    if (found.has(vehicle_type)) return [];
    const detail = `There are no rates for ${vehicle_type}.`;
    return [{ pointer: `/vehicles/${index}/vehicle_type`, code: 'no_rate_card', detail }];
  });
  if (missing.length > 0) {
    const detail = missing.map((one) => one.detail).join(' ');
    throw new DomainError('invalid', 'no_rate_card', detail, { errors: missing });
  }
  return vehicles.map(({ vehicle_type }) => found.get(vehicle_type) as RateCard);
}

type Sums = Pick<CharterPrice, 'net' | 'tax' | 'deposit' | 'balance' | 'policy'>;

const percent = (ppm: number) => `${ppm / 10_000} %`;

function sumSteps({ net, tax, deposit, balance, policy }: Sums): PriceStep[] {
  const step = (
    rule: string,
    version: number | null,
    amount: Money,
    detail: string,
  ): PriceStep => ({
    rule,
    version,
    vehicle_type: null,
    detail,
    amount,
  });
  const { version, deposit_ppm, hold_hours, balance_days_before_start: days } = policy;
  return [
    step('net', null, net, 'The sum of the lines.'),
    step(
      'tax',
      tax.version,
      tax.amount,
      `${tax.name}, ${percent(tax.rate_ppm)} of the net; a half is rounded up.`,
    ),
    step(
      'deposit',
      version,
      deposit,
      `${percent(deposit_ppm)} of the total, within ${hold_hours} hours of the acceptance.`,
    ),
    step(
      'balance',
      version,
      balance,
      `The rest of the total, ${days} days before the start, or at once where that has passed.`,
    ),
  ];
}
