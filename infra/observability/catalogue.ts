import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../database/services.ts';

/** What the table of docs/observability.md says of a metric. */
export interface Documented {
  name: string;
  type: string;
  labels: string[];
  /** The services that have it; undefined where all have it. */
  services: string[] | undefined;
}

const ROW = /^\| `([a-z_]+)` \| (\w+) \| ([^|]*) \| ([^|]*) \| /gm;
/** Of prom-client, and described there. */
const NOT_OURS = /^(process|nodejs)_/;

export function documented(): Documented[] {
  const text = readFileSync(join(repository, 'docs/observability.md'), 'utf8');
  return [...text.matchAll(ROW)].map(([, name = '', type = '', labels = '', of = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort(),
    services: of === 'all' ? undefined : of.split(', ').sort(),
  }));
}

/** A metric as a process serves it. */
export interface Served {
  name: string;
  type: string;
  /** Of all its series, without `service` and a bucket's `le`; undefined where it has no series. */
  labels: string[] | undefined;
}

const labelsOf = (series: string): string[] =>
  [...series.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label = '']) => label);

/** What stands in Prometheus' text format. */
export function served(text: string): Served[] {
  const lines = text.split('\n');
  return [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => {
    const own = new RegExp(`^${name}(_bucket|_sum|_count)?[{ ]`);
    const series = lines.filter((line) => own.test(line));
    const labels = new Set(series.flatMap(labelsOf));
    for (const each of ['service', 'le']) labels.delete(each);
    return { name, type, labels: series.length === 0 ? undefined : [...labels].sort() };
  });
}

/** What is wrong between the table and what each service serves, a sentence each. */
export function differences(table: Documented[], found: Map<string, Served[]>): string[] {
  const wrong: string[] = [];
  for (const [service, metrics] of found) {
    for (const { name, type, labels } of metrics.filter((one) => !NOT_OURS.test(one.name))) {
      const row = table.find((one) => one.name === name);
      if (row === undefined) wrong.push(`${name} of ${service} is not in the table`);
      else if (row.services !== undefined && !row.services.includes(service)) {
        wrong.push(`${name}: the table does not say that ${service} has it`);
      } else if (row.type !== type) wrong.push(`${name} is a ${type}, not a ${row.type}`);
      else if (labels !== undefined && `${labels}` !== `${row.labels}`) {
        wrong.push(`${name} of ${service} has the labels ${labels}, not ${row.labels}`);
      }
    }
  }
  for (const { name, services = [...found.keys()] } of table) {
    const missing = services.filter(
      (service) => !found.get(service)?.some((one) => one.name === name),
    );
    for (const service of missing) wrong.push(`${name} is not served by ${service}`);
  }
  return wrong;
}
