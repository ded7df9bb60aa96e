import { conflict, invalid } from '@roundhouse/errors';

interface Place {
  latitude: number | null;
  longitude: number | null;
}

/** A tenth of a meter: as fine as it is kept. */
const DECIMALS = 1e6;
const round = (degrees: number | null) =>
  degrees === null ? null : Math.round(degrees * DECIMALS) / DECIMALS;

/** Both coordinates or none: half of them are no place. */
export function placeOf({ latitude, longitude }: Place): Place {
  if ((latitude === null) !== (longitude === null)) {
    const missing = latitude === null ? '/latitude' : '/longitude';
    throw invalid('invalid', missing, 'Send latitude and longitude together, or neither.');
  }
  return { latitude: round(latitude), longitude: round(longitude) };
}

interface Archivable {
  archived_at: Temporal.Instant | null;
}

export function requireLiveAddress(address: Archivable): void {
  if (address.archived_at === null) return;
  throw conflict('address_archived', 'The address is archived.', { allowed: ['restore'] });
}

export function requireArchivedAddress(address: Archivable): void {
  if (address.archived_at !== null) return;
  throw conflict('address_not_archived', 'It is not archived.', { allowed: ['archive'] });
}
