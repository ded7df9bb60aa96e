import { randomUUID } from 'node:crypto';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { SERVER } from './response-headers.ts';

/** What Kong takes from nginx; connections of clients alone. */
export type Traffic = {
  accepted: number;
  /** Open now: `writing` those with a request under way, `waiting` the idle ones. */
  active: number;
  writing: number;
  waiting: number;
  requests: number;
};

/** Milliseconds. Kong's own buckets, those of its latency finer than those of the services'. */
const KONG_BUCKETS = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000];
const UPSTREAM_BUCKETS = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000];

const WORKSPACE = 'default';
const LATENCY_LABELS = ['service', 'route', 'workspace'] as const;
const STATUS_LABELS = ['service', 'route', 'code', 'source', 'workspace', 'consumer'] as const;
const BANDWIDTH_LABELS = ['service', 'route', 'direction', 'workspace', 'consumer'] as const;

type Name = { service: string; route: string };
type Adder = { inc: (value?: number) => void };
type Observer = { observe: (value: number) => void };

/** One request, told when its answer has ended. Latencies in milliseconds. */
export type Told = {
  status: number;
  source: 'kong' | 'service';
  consumer: string;
  latency: { request: number; kong: number; upstream: number | undefined };
};

/**
 * The series of one route, looked up once: finding them by their labels costs more than all else
 * that is done with them.
 */
export class RouteMetrics {
  readonly #metrics: Metrics;
  readonly #name: Name;
  readonly #latencies: { request: Observer; kong: Observer; upstream: Observer };
  readonly #adders = new Map<string, Adder>();

  constructor(metrics: Metrics, name: Name) {
    const { service, route } = name;
    const of = (histogram: Metrics['requestLatency']) =>
      histogram.labels(service, route, WORKSPACE);
    this.#metrics = metrics;
    this.#name = name;
    this.#latencies = {
      request: of(metrics.requestLatency),
      kong: of(metrics.kongLatency),
      upstream: of(metrics.upstreamLatency),
    };
  }

  observe({ request, kong, upstream }: Told['latency']): void {
    this.#latencies.request.observe(request);
    this.#latencies.kong.observe(kong);
    if (upstream !== undefined) this.#latencies.upstream.observe(upstream);
  }

  count({ status, source, consumer }: Told): void {
    const { service, route } = this.#name;
    this.#adder(`${status} ${source} ${consumer}`, () =>
      this.#metrics.statuses.labels(service, route, String(status), source, WORKSPACE, consumer),
    ).inc(1);
  }

  /** Bytes, with the heads. */
  addBytes(direction: 'ingress' | 'egress', bytes: number, consumer: string): void {
    if (bytes <= 0) return;
    const { service, route } = this.#name;
    this.#adder(`${direction} ${consumer}`, () =>
      this.#metrics.bandwidth.labels(service, route, direction, WORKSPACE, consumer),
    ).inc(bytes);
  }

  #adder(key: string, make: () => Adder): Adder {
    const adder = this.#adders.get(key) ?? make();
    this.#adders.set(key, adder);
    return adder;
  }
}

/** The metrics of Kong's `prometheus` plugin, by its names, types, labels and buckets. */
export class Metrics {
  readonly node_id = randomUUID();
  readonly statuses: Counter<(typeof STATUS_LABELS)[number]>;
  readonly requestLatency: Histogram<(typeof LATENCY_LABELS)[number]>;
  readonly kongLatency: Histogram<(typeof LATENCY_LABELS)[number]>;
  readonly upstreamLatency: Histogram<(typeof LATENCY_LABELS)[number]>;
  readonly bandwidth: Counter<(typeof BANDWIDTH_LABELS)[number]>;
  readonly #series = new Registry();
  /** Those of the node, which there are without the plugin too. */
  readonly #ofNode: string[] = [];
  readonly #routes = new Map<string, RouteMetrics>();
  #enabled = false;

  constructor(traffic: () => Traffic) {
    this.#addNodeMetrics(traffic);
    const registers = [this.#series];
    this.statuses = new Counter({
      name: 'kong_http_requests_total',
      help: 'HTTP status codes per consumer/service/route in Kong',
      labelNames: STATUS_LABELS,
      registers,
    });
    const latency = (name: string, help: string, buckets: number[]) =>
      new Histogram({
        name: `kong_${name}_ms`,
        help: `${help} for each service/route in Kong`,
        labelNames: LATENCY_LABELS,
        buckets,
        registers,
      });
    const added = 'Latency added by Kong and enabled plugins';
    this.kongLatency = latency('kong_latency', added, KONG_BUCKETS);
    const upstream = 'Latency added by upstream response';
    this.upstreamLatency = latency('upstream_latency', upstream, UPSTREAM_BUCKETS);
    const total = 'Total latency incurred during requests';
    this.requestLatency = latency('request_latency', total, UPSTREAM_BUCKETS);
    this.bandwidth = new Counter({
      name: 'kong_bandwidth_bytes',
      help: 'Total bandwidth (ingress/egress) throughput in bytes',
      labelNames: BANDWIDTH_LABELS,
      registers,
    });
  }

  /** Whether any `prometheus` plugin is configured: without one there is nothing of requests. */
  enable(enabled: boolean): void {
    this.#enabled = enabled;
  }

  ofRoute(service: string, route: string): RouteMetrics {
    const key = `${service} ${route}`;
    const found = this.#routes.get(key) ?? new RouteMetrics(this, { service, route });
    this.#routes.set(key, found);
    return found;
  }

  /** The page, in Prometheus' text format. */
  async page(): Promise<string> {
    if (this.#enabled) return this.#series.metrics();
    const texts = this.#ofNode.map((name) => this.#series.getSingleMetricAsString(name));
    return `${(await Promise.all(texts)).join('\n')}\n`;
  }

  #addNodeMetrics(traffic: () => Traffic): void {
    const { node_id } = this;
    const gauge = (
      { name, help, labels }: { name: string; help: string; labels: string[] },
      collect: (gauge: Gauge) => void,
    ) => {
      const registers = [this.#series];
      const made: Gauge = new Gauge({
        name: `kong_${name}`,
        help,
        labelNames: labels,
        registers,
        collect: () => collect(made),
      });
      this.#ofNode.push(`kong_${name}`);
    };
    const node = { node_id, subsystem: 'http' };
    const connections = {
      name: 'nginx_connections_total',
      help: 'Number of connections by subsystem',
      labels: ['node_id', 'subsystem', 'state'],
    };
    gauge(connections, (made) => {
      const { accepted, active, writing, waiting, requests: total } = traffic();
      const states = { accepted, handled: accepted, total, active, reading: 0, writing, waiting };
      for (const [state, count] of Object.entries(states)) made.set({ ...node, state }, count);
    });
    const requests = {
      name: 'nginx_requests_total',
      help: 'Number of requests total',
      labels: ['node_id', 'subsystem'],
    };
    gauge(requests, (made) => made.set(node, traffic().requests));
    const memory = {
      name: 'memory_workers_lua_vms_bytes',
      help: 'Allocated bytes in worker Lua VM',
      labels: ['node_id', 'pid', 'kong_subsystem'],
    };
    gauge(memory, (made) =>
      made.set(
        { node_id, pid: process.pid, kong_subsystem: 'http' },
        process.memoryUsage().heapUsed,
      ),
    );
    const datastore = {
      name: 'datastore_reachable',
      help: 'Datastore reachable from Kong, 0 is unreachable',
      labels: [],
    };
    gauge(datastore, (made) => made.set(1));
    const info = {
      name: 'node_info',
      help: 'Kong Node metadata information',
      labels: ['node_id', 'version'],
    };
    gauge(info, (made) => made.set({ node_id, version: VERSION }, 1));
    const errors = {
      name: 'nginx_metric_errors_total',
      help: 'Number of nginx-lua-prometheus errors',
      labels: [],
    };
    gauge(errors, (made) => made.set(0));
  }
}

/** The Kong whose file is read. */
export const VERSION = SERVER.replace('kong/', '');
