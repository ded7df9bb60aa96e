import type { Envelope } from './schema.ts';

/** An event that was given up, as an operator sees it. */
export interface DeadLetter {
  /** The event's own; of what was no event at all, a hash of it. */
  id: string;
  /** The service that could not take it. */
  queue: string;
  type: string;
  tenant_id: string;
  failed_at: string;
  attempts: number;
  error: string;
  event: unknown;
}

/** One event by its id, in every queue that gave it up or in the one named; or all of a queue. */
export type Selection = { id: string; queue?: string } | { all: string };

/** What an operator can do with events that were given up, on either transport. */
export interface DeadLetters {
  list(queue?: string): Promise<DeadLetter[]>;
  /**
   * Gives them to their service again, with all attempts before them. Whatever happens meanwhile,
   * an event is in its queue, or still a dead letter, or for a moment both.
   */
  replay(which: Selection): Promise<DeadLetter[]>;
  /** Deletes them for good. */
  drop(which: Selection): Promise<DeadLetter[]>;
  close(): Promise<void>;
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** What can be told of an event that may lack anything. */
export function factsOf(event: unknown): Pick<DeadLetter, 'type' | 'tenant_id' | 'event'> {
  const { type, tenantid } = (event ?? {}) as Partial<Envelope>;
  return { type: text(type), tenant_id: text(tenantid), event };
}

export const isSelected = (which: Selection, { id, queue }: DeadLetter): boolean =>
  'all' in which
    ? queue === which.all
    : id === which.id && (which.queue === undefined || queue === which.queue);
