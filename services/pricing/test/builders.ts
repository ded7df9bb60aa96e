import type { CharterRequest } from '../src/charter-price.ts';
import type { RateCard } from '../src/vehicle-price.ts';

export const usd = (amount: number) => ({ amount, currency: 'USD' });
export const at = (time: string) => Temporal.Instant.from(time);

/** On the equator, where a degree is 111,195 m: a price that a person can check. */
export const onTheEquator = (longitude: number) => ({ latitude: 0, longitude });

export const aCoach = (changes: object = {}) => ({
  vehicle_type: 'coach_56',
  count: 1,
  base: onTheEquator(-0.1),
  ...changes,
});

export const aVan = (changes: object = {}) => aCoach({ vehicle_type: 'van_14', ...changes });

/** What a caller sends for a day out of 111 km with one coach, kept 11 km from where it starts. */
export const aTrip = () => ({
  stops: [onTheEquator(0), onTheEquator(1)],
  starts_at: '2027-03-12T08:00:00Z',
  ends_at: '2027-03-12T16:00:00Z',
  vehicles: [aCoach()],
});

/** The same, as the rules see it. */
export const aCharter = (changes: Partial<CharterRequest> = {}): CharterRequest => {
  const { starts_at, ends_at, ...trip } = aTrip();
  return { ...trip, starts_at: at(starts_at), ends_at: at(ends_at), ...changes };
};

/** What a caller sends. */
export const aCoachRate = () => ({
  vehicle_type: 'coach_56',
  minimum_hours: 5,
  hourly: usd(165_00),
  live_mile: usd(4_50),
  deadhead_mile: usd(2_25),
});

export const aCard = (changes: Partial<RateCard> = {}): RateCard => ({
  ...aCoachRate(),
  version: 1,
  ...changes,
});

export const aTaxRate = () => ({ name: 'NY sales tax', rate_ppm: 88_750 });
export const aDepositPolicy = () => ({
  deposit_ppm: 250_000,
  hold_hours: 24,
  balance_days_before_start: 10,
  quote_valid_days: 14,
});
