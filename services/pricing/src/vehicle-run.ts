import { invalid } from '@roundhouse/errors';
import { drivingSeconds, type Place, roadMeters } from './distance.ts';

export interface Trip {
  /** In order; two at least. */
  stops: readonly Place[];
  /** At the first and at the last stop. */
  starts_at: Temporal.Instant;
  ends_at: Temporal.Instant;
}

export interface VehicleRequest {
  vehicle_type: string;
  count: number;
  base: Place;
}

/** What each vehicle of a type is out for, from its garage and back to it. */
export interface VehicleRun {
  vehicle_type: string;
  count: number;
  live_meters: number;
  deadhead_meters: number;
  garage_out_at: Temporal.Instant;
  garage_in_at: Temporal.Instant;
}

/** What an empty vehicle makes on average, city and highway. Every price states it. */
export const DEADHEAD_MILES_PER_HOUR = 45;
const MAX_DAYS = 31;
const EARLIEST = Temporal.Instant.from('2000-01-01T00:00:00Z');
const LATEST = Temporal.Instant.from('2200-01-01T00:00:00Z');

export function requireSpan({ starts_at, ends_at }: Trip): void {
  const { compare } = Temporal.Instant;
  if (compare(ends_at, starts_at) <= 0) {
    throw invalid('span_invalid', '/ends_at', 'A charter ends after it starts.');
  }
  if (compare(ends_at, starts_at.add({ hours: MAX_DAYS * 24 })) > 0) {
    throw invalid('span_invalid', '/ends_at', `A charter takes ${MAX_DAYS} days at most.`);
  }
  // Beyond four digits of the year RFC 3339 has no words for when the vehicle is back.
  if (compare(starts_at, EARLIEST) < 0 || compare(ends_at, LATEST) > 0) {
    throw invalid('span_invalid', '/starts_at', 'A charter lies between the years 2000 and 2199.');
  }
}

/** The way there and back is added to the trip, and rounded outward to whole minutes. */
export function estimateRun(trip: Trip, vehicle: VehicleRequest): VehicleRun {
  const { vehicle_type, count, base } = vehicle;
  const [first = base, last = base] = [trip.stops[0], trip.stops.at(-1)];
  const out_meters = roadMeters([base, first]);
  const in_meters = roadMeters([last, base]);
  const seconds = (meters: number) => drivingSeconds(meters, DEADHEAD_MILES_PER_HOUR);
  const left = trip.starts_at.subtract({ seconds: seconds(out_meters) });
  const back = trip.ends_at.add({ seconds: seconds(in_meters) });
  return {
    vehicle_type,
    count,
    live_meters: roadMeters(trip.stops),
    deadhead_meters: out_meters + in_meters,
    garage_out_at: left.round({ smallestUnit: 'minute', roundingMode: 'floor' }),
    garage_in_at: back.round({ smallestUnit: 'minute', roundingMode: 'ceil' }),
  };
}

/** Whole minutes, rounded up. */
export const minutesBetween = (from: Temporal.Instant, to: Temporal.Instant): number =>
  Math.ceil(from.until(to).total('minutes'));
