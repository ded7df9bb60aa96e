import { DomainError, type FieldError, invalid } from '@roundhouse/errors';
import { add, fraction, type Money, PPM, subtract, taxOn } from '@roundhouse/money';
import { ROAD_FACTOR_PPM } from './distance.ts';
import type { DepositPolicy, TaxRate } from './policy.ts';
import { type PriceStep, sumSteps, vehicleSteps } from './price-steps.ts';
import { type PriceLine, priceVehicles, type RateCard, requireMoney } from './vehicle-price.ts';
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
  const priced = withCards(charter.vehicles, terms.cards).map(({ vehicle, card }) =>
    priceVehicles(estimateRun(charter, vehicle), card),
  );
  const lines = priced.flatMap((part) => part.lines);
  // At least one: no charter takes no time.
  const net = lines.map(({ amount }) => amount).reduce(add);
  const tax = { ...terms.tax, amount: taxOn(net, terms.tax.rate_ppm) };
  const total = add(net, tax.amount);
  requireMoney(total.amount);
  const { policy } = terms;
  const deposit = fraction(total, policy.deposit_ppm, PPM);
  const balance = subtract(total, deposit);
  const steps = [
    ...priced.flatMap((part) => vehicleSteps(charter, part)),
    ...sumSteps({ net, tax, deposit, balance, policy }),
  ];
  const vehicles = priced.map(({ run }) => run);
  const distance = {
    method: 'great_circle',
    factor_ppm: ROAD_FACTOR_PPM,
    estimated: true,
  } as const;
  const { currency } = net;
  const sums = { net, tax, total, deposit, balance };
  return { currency, lines, steps, ...sums, policy, vehicles, distance };
}

function requireEachTypeOnce(vehicles: readonly VehicleRequest[]): void {
  const types = vehicles.map(({ vehicle_type }) => vehicle_type);
  const repeated = types.findIndex((type, index) => types.indexOf(type) < index);
  if (repeated < 0) return;
  const detail = `${types[repeated]} is asked for twice: give one entry a type, with its count.`;
  throw invalid('vehicle_type_repeated', `/vehicles/${repeated}/vehicle_type`, detail);
}

/** Each entry with its card, in order; all types that have none are named at once. */
function withCards(vehicles: readonly VehicleRequest[], cards: readonly RateCard[]) {
  const missing: FieldError[] = [];
  const found = vehicles.flatMap((vehicle, index) => {
    const { vehicle_type } = vehicle;
    const card = cards.find((one) => one.vehicle_type === vehicle_type);
    if (card !== undefined) return [{ vehicle, card }];
    const detail = `There are no rates for ${vehicle_type}.`;
    const pointer = `/vehicles/${index}/vehicle_type`;
    missing.push({ pointer, code: 'no_rate_card', detail });
    return [];
  });
  if (missing.length === 0) return found;
  const detail = missing.map((one) => one.detail).join(' ');
  throw new DomainError('invalid', 'no_rate_card', detail, { errors: missing });
}
