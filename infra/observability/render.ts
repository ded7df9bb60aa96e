/**
 * `render.ts FOLDER [--addresses FILE] [--rabbitmq HOST:PORT]`: writes the dashboards as Grafana
 * imports them, and, for an embedded platform whose addresses are given, its `prometheus.yml`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toGrafana } from './dashboard.ts';
import { dashboards } from './dashboards.ts';
import { type Addresses, scrapeConfig } from './scrape.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { addresses: { type: 'string' }, rabbitmq: { type: 'string' } },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('render.ts FOLDER [--addresses FILE] [--rabbitmq …]');

const readAddresses = (file: string): Addresses =>
  Object.fromEntries(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

const shown = join(folder, 'dashboards');
mkdirSync(shown, { recursive: true });
for (const dashboard of dashboards) {
  const text = JSON.stringify(toGrafana(dashboard), null, 2);
  writeFileSync(join(shown, `${dashboard.uid}.json`), `${text}\n`);
}
if (values.addresses !== undefined) {
  const { rabbitmq } = values;
  const config = scrapeConfig(readAddresses(values.addresses), { every: '15s', rabbitmq });
  writeFileSync(join(folder, 'prometheus.yml'), config);
}
process.stdout.write(`Written to ${folder}\n`);
