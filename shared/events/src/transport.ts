import type { Envelope } from './schema.ts';

/** An event that could not be taken in, and why; it comes again later, by itself. */
export interface Failure {
  /** The very object that was handed out; what is no event at all may lack anything. */
  event: Envelope;
  error: unknown;
  /** No attempt will ever do better: a dead letter at once. */
  hopeless?: boolean;
}

export interface Consumer {
  /** Takes no more, and waits for what is being taken in. */
  stop(): Promise<void>;
}

/** What carries events from one process to the others: at least once, in any order. */
export interface Transport {
  /**
   * Resolves when the transport will not lose them any more. Whether it resolves or rejects, it
   * does so within seconds: the relay waits in a transaction.
   */
  publish(events: Envelope[]): Promise<void>;
  /** Where `take` rejects, nothing could be taken in, and the same is offered again. */
  consume(queue: string, take: (events: Envelope[]) => Promise<Failure[]>): Promise<Consumer>;
  /** How many of the queue's events were given up, counted to 10,001. */
  deadLetters(queue: string): Promise<number>;
  close(): Promise<void>;
}

/** Whether what carries the events can be reached. */
export type LinkState = { is_up: true } | { is_up: false; error: unknown };

/** After so many attempts, about a quarter of an hour, an event becomes a dead letter. */
export const MAX_ATTEMPTS = 20;

/** How long a failed event waits before its next attempt: 0.1 s, doubling, at most a minute. */
export const backOffMs = (attempt: number): number => Math.min(100 * 2 ** attempt, 60_000);

const LONGEST_ERROR = 2_000;

/** What is kept of an error beside the event that it befell. */
export const errorText = (error: unknown): string =>
  String((error as Error | undefined)?.message ?? error).slice(0, LONGEST_ERROR);
