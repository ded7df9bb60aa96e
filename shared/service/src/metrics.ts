import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Database, type PoolState, sql } from '@roundhouse/database';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { registerMeters, sampledGauges } from './meters.ts';

/**
 * Names and units are those of the OpenTelemetry semantic conventions as Prometheus writes them
 * (dots become underscores, the unit a suffix); what is ours alone begins with `roundhouse_`. No
 * label is a tenant, an id or a path: their values would have no end.
 */
export interface Metrics {
  /** Counts a request from its coming until its answer is out, or its client gone. */
  watch(request: IncomingMessage, response: ServerResponse): void;
  /** For `onLent` of a pool. */
  lent(pool: string): (waited_seconds: number) => void;
  watchPool(pool: string, state: () => PoolState): void;
  /** Samples what a question to the database tells, at most every few seconds. */
  watchEvents(sample: () => Promise<EventsSample>): void;
  readonly content_type: string;
  /** All of it in Prometheus' text format. */
  text(): Promise<string>;
}

/** Counts of events stop at 10,001: beyond that the number says nothing more. */
export interface EventsSample {
  unsent: number;
  oldest_unsent_seconds: number;
  dead: number;
}
const COUNTED_AT_MOST = 10_001;

/** OpenTelemetry's advice for `http.server.request.duration`, in seconds. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** A borrower waits a second at most. */
const WAITS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const LAG_PRECISION_MS = 20;

/** The pattern of the route that was found; of an unknown path there is none. */
export function routeOf(request: IncomingMessage): string {
  const path = (request as { route?: { path?: unknown } }).route?.path;
  return String((Array.isArray(path) ? path[0] : path) ?? '');
}

/** What nobody waited for any more has no status that anybody saw. */
const statusClassOf = (response: ServerResponse): string =>
  response.writableFinished ? `${Math.floor(response.statusCode / 100)}xx` : 'aborted';

function requestMetrics(register: Registry): Metrics['watch'] {
  const durations = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'How long requests took, by route pattern, method and class of status.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_class'],
    buckets: DURATIONS,
    registers: [register],
  });
  let active = 0;
  new Gauge({
    name: 'http_server_active_requests',
    help: 'Requests that have come and are not answered yet.',
    registers: [register],
    collect() {
      this.set(active);
    },
  });
  /** To find a series by its labels costs more than to count in it. */
  const series = new Map<string, { observe(seconds: number): void }>();
  const seriesOf = (method: string, route: string, status: string) => {
    const key = `${method} ${status} ${route}`;
    const known = series.get(key) ?? durations.labels(method, route, status);
    series.set(key, known);
    return known;
  };
  return (request, response) => {
    const came_at = performance.now();
    active += 1;
    response.once('close', () => {
      active -= 1;
      const method = METHODS.has(request.method ?? '') ? String(request.method) : '_OTHER';
      const one = seriesOf(method, routeOf(request), statusClassOf(response));
      one.observe((performance.now() - came_at) / 1_000);
    });
  };
}

function poolMetrics(register: Registry): Pick<Metrics, 'lent' | 'watchPool'> {
  const pools = new Map<string, () => PoolState>();
  const labelled = (name: string, help: string, of: (state: PoolState) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['pool'],
      registers: [register],
      collect() {
        for (const [pool, state] of pools) this.set({ pool }, of(state()));
      },
    });
  labelled('db_client_connection_max', 'Connections at most.', ({ max }) => max);
  labelled(
    'db_client_connection_pending_requests',
    'Callers who wait for a connection.',
    ({ waiting }) => waiting,
  );
  new Gauge({
    name: 'db_client_connection_count',
    help: 'Open connections, by what they do.',
    labelNames: ['pool', 'state'],
    registers: [register],
    collect() {
      for (const [pool, state] of pools) {
        const { size, idle } = state();
        this.set({ pool, state: 'idle' }, idle);
        this.set({ pool, state: 'used' }, size - idle);
      }
    },
  });
  const waits = new Histogram({
    name: 'db_client_connection_wait_time_seconds',
    help: 'How long callers waited for a connection, in vain too.',
    labelNames: ['pool'],
    buckets: WAITS,
    registers: [register],
  });
  return {
    lent: (pool) => {
      const one = waits.labels(pool);
      return (waited_seconds) => one.observe(waited_seconds);
    },
    watchPool: (pool, state) => pools.set(pool, state),
  };
}

/** What cannot be told is NaN: no alert may take it for zero. */
const UNKNOWN: EventsSample = { unsent: NaN, oldest_unsent_seconds: NaN, dead: NaN };

const events = sampledGauges(UNKNOWN, [
  {
    name: 'roundhouse_outbox_unsent_events',
    help: 'Events that are written down and not sent, counted to 10,001.',
    of: ({ unsent }) => unsent,
  },
  {
    name: 'roundhouse_outbox_oldest_unsent_seconds',
    help: 'How long the oldest of them has waited.',
    of: ({ oldest_unsent_seconds }) => oldest_unsent_seconds,
  },
  {
    name: 'roundhouse_dead_letters',
    help: "Events for this service's queue that were given up, counted to 10,001.",
    of: ({ dead }) => dead,
  },
]);

export interface Build {
  service: string;
  revision: string;
}

export function createMetrics({ service, revision }: Build): Metrics {
  const register = new Registry();
  register.setDefaultLabels({ service });
  collectDefaultMetrics({ register: register, eventLoopMonitoringPrecision: LAG_PRECISION_MS });
  new Gauge({
    name: 'roundhouse_build_info',
    help: 'Which build this is; the value is always 1.',
    labelNames: ['revision', 'node'],
    registers: [register],
  }).set({ revision, node: process.version }, 1);
  registerMeters(register);
  return {
    watch: requestMetrics(register),
    ...poolMetrics(register),
    watchEvents: events.sampleBy,
    content_type: register.contentType,
    text: () => register.metrics(),
  };
}

/**
 * The outbox as its worker sees it. The age is that of the id, which the database made: an event's
 * `time` is the tenant's clock, and a sandbox' may be in any year.
 */
export async function sampleOutbox(worker: Database): Promise<Omit<EventsSample, 'dead'>> {
  const [row] = await worker.lookup<Omit<EventsSample, 'dead'>>(sql`
    SELECT count(*)::int AS unsent,
      coalesce(extract(epoch FROM now() - min(uuid_extract_timestamp(id))), 0)::float
        AS oldest_unsent_seconds
    FROM (SELECT id FROM outbox WHERE sent_at IS NULL ORDER BY id
      LIMIT ${COUNTED_AT_MOST}) AS waiting`);
  return row ?? UNKNOWN;
}
