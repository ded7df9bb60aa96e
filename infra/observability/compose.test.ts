import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { composeFaults, readCompose } from '../containers/compose-rules.ts';
import { repository, serviceFolders } from '../database/services.ts';

const textOf = (name: string) => readFileSync(join(repository, name), 'utf8');
const overlay = textOf('docker-compose.observability.yml');

interface Configs {
  services: Record<string, { configs?: { source: string; target: string }[]; ports?: string[] }>;
  configs: Record<string, { file: string }>;
}
const { services, configs } = parse(overlay, { merge: true }) as Configs;

test('the overlay keeps the rules of the house, but for two ports of this machine alone', () => {
  const house = { services: [], readBy: () => new Set<string>(), secrets: [] };
  const own = Object.entries(readCompose(overlay).services).filter(([, { image }]) => image);
  const faults = composeFaults({ services: Object.fromEntries(own) }, house);
  // Images of others are named with who makes them, which the rule of the images does not know.
  const ofImages = / names no version of its image$/;
  expect(faults.filter((fault) => !ofImages.test(fault)).sort()).toEqual([
    'grafana: publishes a port',
    'jaeger: publishes a port',
  ]);
  const ports = Object.values(services).flatMap((part) => part.ports ?? []);
  expect(ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
  const images = [...overlay.matchAll(/image: (\S+)/g)].map(([, image = '']) => image);
  const unpinned = images.filter((image) => !/:(v?\d+\.\d+\.\d+|\$\{\w+:-local\})$/.test(image));
  expect(unpinned).toEqual([]);
});

test('Prometheus is given each file of rules, and each file is there', () => {
  const given = (services.prometheus?.configs ?? []).map(({ source, target }) => {
    const file = configs[source]?.file ?? '';
    expect(existsSync(join(repository, file))).toBe(true);
    expect(basename(target)).toBe(basename(file));
    return target;
  });
  const rules = globSync('rules/*.yml', { cwd: import.meta.dirname });
  const wanted = rules.map((file) => `/etc/prometheus/${file}`);
  expect(given.sort()).toEqual([...wanted, '/etc/prometheus/prometheus.yml'].sort());
});

test('all services are told where their traces go', () => {
  const told = serviceFolders().filter(({ name }) => {
    const { environment } = readCompose(overlay).services[name] ?? {};
    return environment?.OTEL_EXPORTER_OTLP_ENDPOINT === 'http://jaeger:4318';
  });
  expect(told.map(({ name }) => name)).toEqual(serviceFolders().map(({ name }) => name));
});

test('all services are asked, by the names that they have there', () => {
  const config = parse(textOf('infra/observability/prometheus.yml'));
  const [ours] = config.scrape_configs;
  const names = serviceFolders().map(({ name }) => name);
  expect(ours.dns_sd_configs[0].names.sort()).toEqual(names.sort());
});
