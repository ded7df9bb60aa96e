/** In degrees, WGS 84. */
export interface Place {
  latitude: number;
  longitude: number;
}

/** The mean radius of the Earth (IUGG). */
const EARTH_RADIUS_METERS = 6_371_008.8;
/** How much longer roads are than the crow flies, on average. Every price states it. */
export const ROAD_FACTOR_PPM = 1_250_000;
const MILE_MILLIMETERS = 1_609_344;

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** The shortest way over the ground in meters, on a sphere (haversine): up to 0.5 % off. */
export function greatCircleMeters(from: Place, to: Place): number {
  const [start, end] = [radians(from.latitude), radians(to.latitude)];
  const northward = Math.sin((end - start) / 2) ** 2;
  const eastward = Math.sin(radians(to.longitude - from.longitude) / 2) ** 2;
  const haversine = northward + Math.cos(start) * Math.cos(end) * eastward;
  // Rounding can take opposite points of the globe beyond 1.
  return 2 * EARTH_RADIUS_METERS * Math.asin(Math.sqrt(Math.min(1, haversine)));
}

/** An estimate of the way by road through all places in order, in whole meters, rounded up. */
export function roadMeters(places: readonly Place[]): number {
  let straight = 0;
  let previous = places[0];
  for (const place of places) {
    if (previous !== undefined) straight += greatCircleMeters(previous, place);
    previous = place;
  }
  return Math.ceil((straight * ROAD_FACTOR_PPM) / 1_000_000);
}

/** Whole miles, rounded up. */
export const milesOf = (meters: number): number => Math.ceil((meters * 1_000) / MILE_MILLIMETERS);

/** How long a vehicle takes at a speed in miles an hour: whole seconds, rounded up. */
export const drivingSeconds = (meters: number, miles_per_hour: number): number =>
  Math.ceil((meters * 1_000 * 3_600) / (miles_per_hour * MILE_MILLIMETERS));
