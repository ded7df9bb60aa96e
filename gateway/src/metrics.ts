import { randomUUID } from 'node:crypto';
import { SERVER } from './response-headers.ts';
import { type Distribution, RouteMetrics } from './route-metrics.ts';

/** The Kong whose file is read. */
export const VERSION = SERVER.replace('kong/', '');

/** What Kong takes from nginx; connections of clients alone. */
export type Traffic = {
  accepted: number;
  /** Open now: `writing` those with a request under way, `waiting` the idle ones. */
  active: number;
  writing: number;
  waiting: number;
  requests: number;
};

type Labels = Record<string, string | number>;
type Sample = { suffix?: string; labels: Labels; value: number };
type Family = { name: string; help: string; type: 'counter' | 'gauge' | 'histogram' };

const WORKSPACE = 'default';
const ESCAPES: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function labelText(labels: Labels): string {
  const texts = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${String(value).replace(/[\\"\n]/g, (sign) => `${ESCAPES[sign]}`)}"`,
  );
  return texts.length === 0 ? '' : `{${texts.join(',')}}`;
}

/** One family in Prometheus' text format 0.0.4; nothing where it has no series. */
function familyText({ name, help, type }: Family, samples: Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(
    ({ suffix = '', labels, value }) => `kong_${name}${suffix}${labelText(labels)} ${value}\n`,
  );
  return `# HELP kong_${name} ${help}\n# TYPE kong_${name} ${type}\n${lines.join('')}`;
}

function histogramSamples({ bounds, counts, sum }: Distribution, labels: Labels): Sample[] {
  let count = 0;
  const buckets = [...bounds, '+Inf'].map((le, at) => {
    count += counts[at] as number;
    return { suffix: '_bucket', labels: { ...labels, le }, value: count };
  });
  // What was never observed has no series.
  if (count === 0) return [];
  return [
    ...buckets,
    { suffix: '_count', labels, value: count },
    { suffix: '_sum', labels, value: sum },
  ];
}

/** The metrics of Kong's `prometheus` plugin, by its names, types, labels and buckets. */
export class Metrics {
  readonly node_id = randomUUID();
  readonly #traffic: () => Traffic;
  readonly #routes = new Map<string, RouteMetrics>();
  #enabled = false;

  constructor(traffic: () => Traffic) {
    this.#traffic = traffic;
  }

  /** Whether any `prometheus` plugin is configured: without one there is nothing of requests. */
  enable(enabled: boolean): void {
    this.#enabled = enabled;
  }

  /** The same numbers for as long as the process lives, whatever is configured meanwhile. */
  ofRoute(service: string, route: string): RouteMetrics {
    const key = `${service} ${route}`;
    const found = this.#routes.get(key) ?? new RouteMetrics(service, route);
    this.#routes.set(key, found);
    return found;
  }

  page(): string {
    return this.#nodeText() + (this.#enabled ? this.#routeText() : '');
  }

  #nodeText(): string {
    const { node_id } = this;
    const { accepted, active, writing, waiting, requests: total } = this.#traffic();
    const node = { node_id, subsystem: 'http' };
    const states = { accepted, handled: accepted, total, active, reading: 0, writing, waiting };
    const gauge = (name: string, help: string, samples: Sample[]) =>
      familyText({ name, help, type: 'gauge' }, samples);
    const ofState = Object.entries(states).map(([state, value]) => ({
      labels: { ...node, state },
      value,
    }));
    const heap = process.memoryUsage().heapUsed;
    const worker = { node_id, pid: process.pid, kong_subsystem: 'http' };
    const errors = { name: 'nginx_metric_errors_total', help: 'Number of metrics errors' };
    return [
      gauge('datastore_reachable', 'Datastore reachable from Kong, 0 is unreachable', [
        { labels: {}, value: 1 },
      ]),
      gauge('memory_workers_lua_vms_bytes', 'Allocated bytes in worker Lua VM', [
        { labels: worker, value: heap },
      ]),
      gauge('nginx_connections_total', 'Number of connections by subsystem', ofState),
      familyText({ ...errors, type: 'counter' }, [{ labels: {}, value: 0 }]),
      gauge('nginx_requests_total', 'Number of requests total', [{ labels: node, value: total }]),
      gauge('node_info', 'Kong Node metadata information', [
        { labels: { node_id, version: VERSION }, value: 1 },
      ]),
    ].join('');
  }

  #routeText(): string {
    const routes = [...this.#routes.values()];
    const latency = (which: 'kong' | 'upstream' | 'request', help: string) =>
      familyText(
        {
          name: `${which}_latency_ms`,
          help: `${help} for each service/route in Kong`,
          type: 'histogram',
        },
        routes.flatMap((series) => {
          const { service, route } = series;
          return histogramSamples(series[which], { service, route, workspace: WORKSPACE });
        }),
      );
    return [
      familyText(
        {
          name: 'bandwidth_bytes',
          help: 'Total bandwidth (ingress/egress) throughput in bytes',
          type: 'counter',
        },
        routes.flatMap(bandwidthSamples),
      ),
      familyText(
        {
          name: 'http_requests_total',
          help: 'HTTP status codes per consumer/service/route in Kong',
          type: 'counter',
        },
        routes.flatMap(statusSamples),
      ),
      latency('kong', 'Latency added by Kong and enabled plugins'),
      latency('request', 'Total latency incurred during requests'),
      latency('upstream', 'Latency added by upstream response'),
    ].join('');
  }
}

function bandwidthSamples({ service, route, tallies }: RouteMetrics): Sample[] {
  return [...tallies].flatMap(([consumer, { ingress, egress }]) =>
    Object.entries({ ingress, egress })
      .filter(([, value]) => value > 0)
      .map(([direction, value]) => ({
        labels: { service, route, direction, workspace: WORKSPACE, consumer },
        value,
      })),
  );
}

function statusSamples({ service, route, tallies }: RouteMetrics): Sample[] {
  return [...tallies].flatMap(([consumer, { ofKong, ofService }]) =>
    Object.entries({ kong: ofKong, service: ofService }).flatMap(([source, counts]) =>
      [...counts].map(([code, value]) => ({
        labels: { service, route, code, source, workspace: WORKSPACE, consumer },
        value,
      })),
    ),
  );
}
