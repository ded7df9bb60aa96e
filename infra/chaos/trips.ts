import { trip } from '../demo/charter-company.ts';

/** By the clock on the wall, at both places of the trip. */
export interface Span {
  from: string;
  to: string;
  time_zone?: string;
}

/** From the school to the museum, at these times, with these vehicles. */
export function tripAt(
  { from, to, time_zone = 'America/New_York' }: Span,
  vehicles = trip(0).vehicles,
): object {
  const { stops, passengers } = trip(0);
  const times = [from, to];
  return {
    passengers,
    vehicles,
    stops: stops.slice(0, 2).map((stop, index) => ({
      ...stop,
      local_time: times[index],
      time_zone,
    })),
  };
}

/** Makes something of each, a few at a time: as many as an office's people would be at work. */
export async function severally<T, R>(
  list: readonly T[],
  make: (one: T) => Promise<R>,
  at_once = 5,
): Promise<R[]> {
  const made: R[] = [];
  for (let first = 0; first < list.length; first += at_once) {
    made.push(...(await Promise.all(list.slice(first, first + at_once).map(make))));
  }
  return made;
}
