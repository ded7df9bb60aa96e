import { invalid } from '@roundhouse/errors';

export interface StopWanted {
  address: string;
  latitude: number;
  longitude: number;
  /** When the coach is to be there, by the clock on the wall. */
  local_time: Temporal.PlainDateTime;
  time_zone: string;
}

export type Stop = StopWanted & { at: Temporal.Instant };

export interface Itinerary {
  stops: Stop[];
  starts_at: Temporal.Instant;
  ends_at: Temporal.Instant;
}

/**
 * The stops with their instants. A local time in the spring gap is read with the offset before it,
 * one in the autumn overlap as the first of the two (RFC 5545 3.3.5).
 */
export function plan(wanted: readonly StopWanted[]): Itinerary {
  const stops = wanted.map((stop) => ({
    ...stop,
    at: stop.local_time
      .toZonedDateTime(stop.time_zone, { disambiguation: 'compatible' })
      .toInstant(),
  }));
  for (const [index, stop] of stops.entries()) requireOrder(stop, stops[index - 1], index);
  const [first, last] = [stops[0], stops.at(-1)];
  if (first === undefined || last === undefined || first.at.equals(last.at)) {
    throw invalid('span_invalid', '/stops', 'The trip begins and ends at the same time.');
  }
  return { stops, starts_at: first.at, ends_at: last.at };
}

function requireOrder(stop: Stop, before: Stop | undefined, index: number): void {
  if (before === undefined || Temporal.Instant.compare(before.at, stop.at) <= 0) return;
  const detail = 'The stop is earlier than the one before it.';
  throw invalid('stops_out_of_order', `/stops/${index}/local_time`, detail);
}
