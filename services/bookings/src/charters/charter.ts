import { conflict, invalid } from '@roundhouse/errors';
import { type CharterStatus, transitions } from './states.ts';

export interface VehicleWanted {
  /** The code of a vehicle type. */
  vehicle_type: string;
  count: number;
}

/** What the rules look at; the store has more of it. */
export interface CharterFacts {
  status: CharterStatus;
  version: number;
}

export interface Seats {
  code: string;
  seats: number;
}

/** The types must be known, each named once, and have a seat for everybody. */
export function requireSeats(
  wanted: readonly VehicleWanted[],
  passengers: number,
  types: readonly Seats[],
): void {
  let seats = 0;
  for (const [index, { vehicle_type, count }] of wanted.entries()) {
    const type = types.find(({ code }) => code === vehicle_type);
    const pointer = `/vehicles/${index}/vehicle_type`;
    if (type === undefined) {
      throw invalid('vehicle_type_unknown', pointer, 'There is no such type of vehicle.');
    }
    if (wanted.findIndex((other) => other.vehicle_type === vehicle_type) !== index) {
      throw invalid(
        'vehicle_type_repeated',
        pointer,
        'The type is there already: raise its count.',
      );
    }
    seats += type.seats * count;
  }
  if (seats >= passengers) return;
  throw invalid('too_few_seats', '/passengers', `The vehicles have ${seats} seats.`);
}

/** A barred client gets no new work. */
export function requireBookable<C extends { status: string }>(client: C | undefined): C {
  if (client === undefined) {
    throw invalid('client_unknown', '/client_id', 'There is no such client.');
  }
  if (client.status === 'active') return client;
  throw invalid('client_barred', '/client_id', 'The client is barred from new bookings.');
}

/** The charter in its next status; a move that the table does not list is refused. */
export function move<C extends CharterFacts>(
  charter: C,
  to: CharterStatus,
  now: Temporal.Instant,
): C & { updated_at: Temporal.Instant } {
  const allowed: readonly CharterStatus[] = transitions[charter.status];
  if (!allowed.includes(to)) throw refuseMove(charter.status, to, allowed);
  return { ...charter, status: to, version: charter.version + 1, updated_at: now };
}

const ACCEPTED: readonly CharterStatus[] = ['accepted', 'confirmed', 'in_progress', 'completed'];

function refuseMove(from: CharterStatus, to: CharterStatus, allowed: readonly CharterStatus[]) {
  // A promise was made and perhaps paid for: ending it takes more than a change of status.
  if (to === 'canceled' && ACCEPTED.includes(from)) {
    return conflict(
      'charter_accepted',
      'The client has accepted: it cannot be canceled any more.',
      {
        allowed,
      },
    );
  }
  return conflict('transition_illegal', `A charter that is ${from} cannot become ${to}.`, {
    allowed,
  });
}
