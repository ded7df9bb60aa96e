import { Counter, Gauge, Histogram, type Metric, Registry } from 'prom-client';

/**
 * What a service counts. A meter is declared once, in a module, beside what it counts, and every
 * `/metrics` of the process shows it. Names and units are OpenTelemetry's in Prometheus' spelling;
 * ours begin with `roundhouse_`, a counter ends in `_total`.
 *
 * A label is never a tenant, an id or a path. It lists its values, which are shown as zero from the
 * start: `increase` does not see the step from nothing to one. `open` is for those that only the
 * code or the world knows (types of events, currencies); they are held to `MOST_VALUES`.
 */
type Values = readonly string[] | 'open';
type Shape = Record<string, Values>;
type Labels<S extends Shape> = {
  [Name in keyof S]: S[Name] extends 'open' ? string : Value<S, Name>;
};
type Value<S extends Shape, Name extends keyof S> = S[Name] extends readonly (infer V)[]
  ? V
  : never;

interface Declaration<S extends Shape> {
  name: string;
  help: string;
  labels: S;
}

/** Whatever can tell that its transaction has been committed. */
interface Committing {
  afterCommit(callback: () => void): void;
}

export interface CountMeter<S extends Shape> {
  count(labels: Labels<S>, by?: number): void;
  /** Once the transaction is committed: never for one that was rolled back or only replayed. */
  countAfter(tx: Committing, labels: Labels<S>, by?: number): void;
  /** Shows a series as zero until it is counted. */
  show(labels: Labels<S>): void;
}

export interface DurationMeter<S extends Shape> {
  observe(labels: Labels<S>, seconds: number): void;
}

/** More than ISO 4217 has currencies. */
const MOST_VALUES = 300;
/** OpenTelemetry's word for what is not one of the known values. */
const OTHER = '_OTHER';
/** All combinations are shown from the start only while they are few. */
const MOST_SHOWN = 100;

const declared: Metric[] = [];

export function registerMeters(register: Registry): void {
  for (const metric of declared) register.registerMetric(metric);
}

/** What all meters say, as Prometheus reads it, without the process' own metrics. */
export function metersText(): Promise<string> {
  const register = new Registry();
  registerMeters(register);
  return register.metrics();
}

/** Holds each label to its values, so that no series comes of what a stranger sends. */
function bounded<S extends Shape>(shape: S) {
  const known = Object.entries(shape).map(([name, values]) => ({
    name,
    open: values === 'open',
    values: new Set<string>(values === 'open' ? [] : values),
  }));
  return (labels: Labels<S>): Record<string, string> => {
    const all = labels as Record<string, string>;
    const bound: Record<string, string> = {};
    for (const { name, open, values } of known) {
      const value = String(all[name]);
      if (open && values.size < MOST_VALUES) values.add(value);
      bound[name] = values.has(value) ? value : OTHER;
    }
    return bound;
  };
}

/** Each combination of the values that are listed; none where a label is open. */
function combinations(shape: Shape): Record<string, string>[] {
  let all: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(shape)) {
    const listed = values === 'open' ? [] : values;
    all = all.flatMap((one) => listed.map((value) => ({ ...one, [name]: value })));
  }
  return all.length > MOST_SHOWN ? [] : all;
}

/** Counts what happened, since the process began; of several processes the increases are summed. */
export function counter<const S extends Shape>({ name, help, labels }: Declaration<S>) {
  const metric = new Counter({ name, help, labelNames: Object.keys(labels), registers: [] });
  declared.push(metric);
  const bind = bounded(labels);
  const count: CountMeter<S>['count'] = (of, by = 1) => metric.inc(bind(of), by);
  for (const each of combinations(labels)) metric.inc(each, 0);
  const meter: CountMeter<S> = {
    count,
    countAfter: (tx, of, by) => tx.afterCommit(() => count(of, by)),
    show: (of) => count(of, 0),
  };
  return meter;
}

/** How long something took, in seconds. */
export function durations<const S extends Shape>(
  { name, help, labels }: Declaration<S>,
  buckets: number[],
): DurationMeter<S> {
  const labelNames = Object.keys(labels);
  const metric = new Histogram({ name, help, labelNames, buckets, registers: [] });
  declared.push(metric);
  const bind = bounded(labels);
  for (const each of combinations(labels)) metric.zero(each);
  return { observe: (of, seconds) => metric.observe(bind(of), seconds) };
}

export interface SampledGauge<S> {
  name: string;
  help: string;
  /** Where the sample has a value for each value of a label. */
  label?: string;
  of: (sample: S) => number | Record<string, number>;
}

/** Who scrapes more often gets the last sample again. */
const SAMPLE_MS = 5_000;

/**
 * Gauges of one question to the database. All instances of a service ask the same tables, so these
 * are to be aggregated by `max`, never by `sum`. What cannot be told is `unknown`, which is of NaN:
 * no alert may take it for zero.
 */
export function sampledGauges<S>(unknown: S, gauges: SampledGauge<S>[]) {
  let ask: (() => Promise<S>) | undefined;
  let sampled_at = Number.NEGATIVE_INFINITY;
  let last: Promise<S> = (async () => unknown)();
  const sample = () => {
    if (ask !== undefined && performance.now() - sampled_at > SAMPLE_MS) {
      sampled_at = performance.now();
      last = ask().catch(() => unknown);
    }
    return last;
  };
  for (const { name, help, label, of } of gauges) {
    const gauge = new Gauge({
      name,
      help: `${help} The same in all instances of a service: take the max.`,
      labelNames: label === undefined ? [] : [label],
      registers: [],
      async collect() {
        const value = of(await sample());
        if (typeof value === 'number') return this.set(value);
        for (const [each, number] of Object.entries(value)) {
          this.set({ [String(label)]: each }, number);
        }
      },
    });
    declared.push(gauge);
  }
  return {
    sampleBy(question: () => Promise<S>): void {
      ask = question;
      sampled_at = Number.NEGATIVE_INFINITY;
    },
  };
}

/** A gauge of what this process has in its hands, each value with its label. */
export function ownGauge(
  { name, help, label }: { name: string; help: string; label: string },
  values: () => Iterable<[string, number]>,
): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [],
    collect() {
      for (const [each, value] of values()) this.set({ [label]: each }, value);
    },
  });
  declared.push(gauge);
}
