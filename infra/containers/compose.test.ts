import { execFileSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serviceConfig } from '@roundhouse/service/config';
import { repository, serviceFolders } from '../database/services.ts';
import { composeFaults, type House, readCompose } from './compose-rules.ts';

const textOf = (name: string) => readFileSync(join(repository, name), 'utf8');
const base = textOf('docker-compose.yml');
const demo = textOf('docker-compose.demo.yml');

let folder: string;
const makeSecrets = (env: Record<string, string>, ...args: string[]) =>
  execFileSync(
    process.execPath,
    [
      join(import.meta.dirname, 'secrets.ts'),
      ...['--env', join(folder, 'env'), ...args, join(folder, 'secrets')],
    ],
    { env: { PATH: process.env.PATH, ...env }, stdio: 'pipe', encoding: 'utf8' },
  );
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'compose '));
  makeSecrets({}, '--demo');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** By its own text: what it reads stands there in capitals. */
function readBy(service: string): Set<string> {
  const files = globSync(`services/${service}/src/**/*.ts`, { cwd: repository });
  const words = files.flatMap((file) => textOf(file).match(/\b[A-Z][A-Z0-9_]{3,}\b/g) ?? []);
  return new Set([...words, ...Object.keys(serviceConfig.shape), 'ROUNDHOUSE_MODE']);
}

const house = (): House => ({
  services: serviceFolders().map(({ name }) => name),
  readBy,
  secrets: readdirSync(join(folder, 'secrets')),
});

test('the compose files keep the rules of the house', () => {
  expect(composeFaults(readCompose(base), house())).toEqual([]);
});

/** What the demo adds stands on its own; what it changes of the others is the mode alone. */
const added = () => {
  const { services } = readCompose(demo);
  const known = Object.keys(readCompose(base).services);
  const parts = Object.entries(services);
  return {
    changed: Object.fromEntries(parts.filter(([name]) => known.includes(name))),
    own: Object.fromEntries(parts.filter(([name]) => !known.includes(name))),
  };
};

test('so does what the demo adds, with the secrets that are there', () => {
  const { secrets = {} } = readCompose(base);
  const faults = composeFaults({ services: added().own, secrets }, { ...house(), services: [] });
  expect(faults.filter((fault) => !fault.endsWith('nobody needs it'))).toEqual([]);
});

test('to the services the demo says its mode, and nothing secret', () => {
  for (const [name, part] of Object.entries(added().changed)) {
    expect(part.environment).toMatchObject({ ROUNDHOUSE_MODE: 'embedded' });
    const unknown = Object.keys(part.environment ?? {}).filter((key) => !readBy(name).has(key));
    expect(unknown).toEqual([]);
    expect(part).not.toHaveProperty('secrets');
  }
  expect(base).not.toContain('ROUNDHOUSE_MODE');
});

describe('a fault that is planted is seen', () => {
  test.each([
    ['read_only: true', 'read_only: false', 'auth: can write its root file system'],
    ['cap_drop: [ALL]', 'cap_drop: [NET_RAW]', 'postgres: keeps capabilities'],
    ['"no-new-privileges:true"', '"apparmor:x"', 'kong: may gain privileges'],
    ['    user: redis\n', '    user: root\n', 'redis: is root'],
    ['image: postgres:18', 'image: postgres:latest', 'postgres: names no version of its image'],
    ['image: redis:8', 'image: redis', 'redis: names no version of its image'],
    ['    shm_size:', '    ports: ["5432:5432"]\n    shm_size:', 'postgres: publishes a port'],
    ['limits: {memory: 1g, pids: 400}', 'limits: {pids: 400}', 'postgres: has no limit of memory'],
    [
      'limits: {memory: 128m, pids: 32}',
      'limits: {memory: 1g}',
      'redis: has no limit of processes',
    ],
    ['max-size: 10m, ', '', 'keys: logs without end'],
    [
      '    healthcheck:\n      test: [CMD, kong',
      '    x:\n      test: [CMD, kong',
      'kong: has no h',
    ],
    ['"keys:/keys"', '"./keys:/keys"', 'keys: mounts a folder of the host'],
    ['  pricing:\n', '  prices:\n', 'pricing: is not there'],
    ['      pricing: {condition: service_healthy}\n', '', 'pricing: is not waited for'],
    ['services/pricing/src', 'services/clients/src', 'pricing: runs another'],
    ['SEALING_KEY_FILE:', 'SEALING_KEY:', 'auth: has SEALING_KEY in its environment'],
    ['CLIENTS_URL:', 'CLIENT_URL:', 'bookings: is told CLIENT_URL, which it does not read'],
    [', clients_worker_url]', ']', 'clients: is not given clients_worker_url'],
    [
      ', clients_worker_url]',
      ', clients_worker_url, redis_url]',
      'clients: is given redis_url and',
    ],
    ['  redis_url: {file', '  radis_url: {file', 'redis_url: not declared'],
    ['\nsecrets:\n', '\nsecrets:\n  spare: {file: x}\n', 'spare: nobody needs it'],
    ['\nsecrets:\n', '\nsecrets:\n  spare: {file: x}\n', 'spare: nobody makes it'],
  ])('%j for %j', (from, to, fault) => {
    expect(base).toContain(from);
    const faults = composeFaults(readCompose(base.replaceAll(from, to)), house());
    expect(faults.some((one) => one.startsWith(fault))).toBe(true);
  });
});

test('secrets are made once, and the folder keeps others out', () => {
  const before = textOfSecret('sealing_key');
  makeSecrets({}, '--demo');
  expect(textOfSecret('sealing_key')).toBe(before);
  expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
  expect(new Set(house().secrets.map(textOfSecret)).size).toBe(house().secrets.length);
});

const textOfSecret = (name: string) => readFileSync(join(folder, 'secrets', name), 'utf8');

test('who installs for real gives what the provider has, and hears of all that is missing', () => {
  rmSync(join(folder, 'secrets'), { recursive: true });
  expect(() => makeSecrets({})).toThrow(
    '--public-url, STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET: not given',
  );
  expect(existsSync(join(folder, 'secrets'))).toBe(false);
  const given = { STRIPE_SECRET_KEY: 'sk_live_x', STRIPE_WEBHOOK_SECRET: 'whsec_y' };
  makeSecrets(given, '--public-url', 'https://api.example.com/api/v1');
  expect(textOfSecret('stripe_secret_key')).toBe('sk_live_x\n');
  expect(readFileSync(join(folder, 'env'), 'utf8')).toContain('https://api.example.com/api/v1');
});
