/** An amount in the currency's minor units (cents, yen), never a float. */
export interface Money {
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** Halves go away from zero, as tax law has them (SSUTA 324), or to the even neighbor. */
export type Rounding = 'half_up' | 'half_even';

/** Ten billion in most currencies: far from where numbers lose units, whatever is added up. */
export const MAX_AMOUNT = 1_000_000_000_000;

export function money(amount: number, currency: string): Money {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${amount} is not a whole amount.`);
  // One zero: -0 would not equal 0 in a comparison of values.
  return { amount: amount + 0, currency };
}

function sameCurrency(one: Money, other: Money): string {
  if (one.currency === other.currency) return one.currency;
  throw new TypeError(`${one.currency} and ${other.currency} cannot be added.`);
}

export const add = (one: Money, other: Money): Money =>
  money(one.amount + other.amount, sameCurrency(one, other));

export const subtract = (one: Money, other: Money): Money =>
  money(one.amount - other.amount, sameCurrency(one, other));

export const sum = (all: readonly Money[], currency: string): Money =>
  all.reduce(add, money(0, currency));

/** `numerator / denominator` of the amount, exact in between and rounded once. */
export function fraction(
  of: Money,
  numerator: number,
  denominator: number,
  rounding: Rounding = 'half_up',
): Money {
  if (!(Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator)) || denominator <= 0) {
    throw new RangeError(`${numerator}/${denominator} is not a fraction of whole numbers.`);
  }
  const product = BigInt(of.amount) * BigInt(numerator);
  return money(Number(divide(product, BigInt(denominator), rounding)), of.currency);
}

function divide(product: bigint, by: bigint, rounding: Rounding): bigint {
  const sign = product < 0n ? -1n : 1n;
  const size = product * sign;
  const whole = size / by;
  const twice = (size % by) * 2n;
  const up = twice > by || (twice === by && (rounding === 'half_up' || whole % 2n === 1n));
  return sign * (up ? whole + 1n : whole);
}

/** Parts per million: 8.25 % is 82,500. */
export const PPM = 1_000_000;

/** Tax on a net amount. Half up: half even would be wrong by a cent on every other half. */
export const taxOn = (net: Money, rate_ppm: number): Money => fraction(net, rate_ppm, PPM);

/**
 * Splits an amount by weights so that the parts add up to it: by largest remainder, and among equal
 * remainders in the order of the parts.
 */
export function allocate(of: Money, weights: readonly number[]): Money[] {
  const total = weights.reduce((all, weight) => all + weight, 0);
  if (weights.some((weight) => !Number.isSafeInteger(weight) || weight < 0) || total <= 0) {
    throw new RangeError('Weights are whole, not negative, and not all zero.');
  }
  const sign = of.amount < 0 ? -1 : 1;
  const size = BigInt(Math.abs(of.amount));
  const shares = weights.map((weight, index) => {
    const product = size * BigInt(weight);
    return { index, whole: product / BigInt(total), rest: product % BigInt(total) };
  });
  const left = size - shares.reduce((all, { whole }) => all + whole, 0n);
  const byRest = shares.toSorted((a, b) => Number(b.rest - a.rest) || a.index - b.index);
  const lucky = new Set(byRest.slice(0, Number(left)).map(({ index }) => index));
  return shares.map(({ index, whole }) =>
    money(sign * Number(lucky.has(index) ? whole + 1n : whole), of.currency),
  );
}
