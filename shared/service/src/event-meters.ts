import type { Envelope } from '@roundhouse/events';
import { counter, durations } from './meters.ts';

/**
 * OpenTelemetry's `messaging.*` counts messages on the wire, of which one event may need several.
 * These count events, and each effect once.
 */
const taken = counter({
  name: 'roundhouse_events_taken_total',
  help: 'Events of other services that took effect here.',
  labels: { type: 'open' },
});
const putBack = counter({
  name: 'roundhouse_events_put_back_total',
  help: 'Attempts at an event that failed; it comes again later.',
  labels: { type: 'open' },
});
const sent = counter({
  name: 'roundhouse_events_sent_total',
  help: 'Events that the relay has handed to the transport.',
  labels: {},
});

/** Seconds; a batch is a transaction or a few. */
const BATCHES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const batches = durations(
  {
    name: 'roundhouse_consumer_batch_duration_seconds',
    help: 'How long it took to take in a batch of events.',
    labels: {},
  },
  BATCHES,
);
const relayed = durations(
  {
    name: 'roundhouse_relay_batch_duration_seconds',
    help: 'How long it took to send a batch of events and to write that down.',
    labels: {},
  },
  BATCHES,
);
/** Up to the quarter of an hour after which an event is given up. */
const delays = durations(
  {
    name: 'roundhouse_event_delay_seconds',
    help: 'From the writing of an event to its effect here.',
    labels: {},
  },
  [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900],
);

const MS_DIGITS = 12;

/**
 * When the event was written, by the clock of the database, which made its id (UUID version 7). Its
 * `time` is the tenant's clock, and that of a sandbox may be in any year.
 */
const writtenMs = ({ id }: Envelope): number =>
  Number.parseInt(id.replace('-', '').slice(0, MS_DIGITS), 16);

export const eventMeters = {
  onTaken: (events: Envelope[]): void => {
    const now = Date.now();
    for (const event of events) {
      taken.count({ type: event.type });
      // Two machines' clocks: what seems to come from the future has just come.
      delays.observe({}, Math.max(0, now - writtenMs(event)) / 1_000);
    }
  },
  onBatch: (seconds: number): void => batches.observe({}, seconds),
  onPutBack: (type: string): void => putBack.count({ type }),
  onSent: (events: number, seconds: number): void => {
    sent.count({}, events);
    relayed.observe({}, seconds);
  },
};

/** Shows the types that a service listens to before the first one comes. */
export function showEvents(types: Iterable<string>): void {
  for (const type of types) {
    taken.show({ type });
    putBack.show({ type });
  }
}

export const backgroundFailures = counter({
  name: 'roundhouse_background_failures_total',
  help: 'What failed beside the requests, to be tried again: relay, sweeps, retention, keys.',
  labels: { part: ['relay', 'trust', 'keys', 'retention', 'sweep'] },
});
