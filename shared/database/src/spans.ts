import { current } from '@roundhouse/telemetry/current';
import { traced } from '@roundhouse/telemetry/span';
import type { Trips } from './session.ts';

/**
 * What goes to the database as one span, with its round trips and without a word of SQL. Below
 * what is being worked at alone: a poll that finds nothing is no trace.
 */
export function spanned<T>(name: string, trips: Trips, work: () => Promise<T>): Promise<T> {
  if (current()?.span === undefined) return work();
  const before = trips.count;
  const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': name };
  return traced(name, { kind: 'client', attributes }, async (span) => {
    try {
      return await work();
    } finally {
      span?.set({ 'roundhouse.db.trips': trips.count - before });
    }
  });
}
