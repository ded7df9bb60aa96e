import { expect, test } from '@jest/globals';
import { readOptions } from './options.ts';
import { type Plan, processes, serviceEnvironment } from './processes.ts';

const read = (...args: string[]) => readOptions(['--data', '/tmp/options', ...args]);

test('services reach a server by the port that they are told, and the others as ever', () => {
  const { via } = read('--via', 'postgres=4001', '--via', 'stripe=4002');
  expect(via).toEqual({ postgres: 4001, stripe: 4002 });
  const { DATABASE_URL, DATABASE_WORKER_URL, TRANSPORT_DATABASE_URL, STRIPE_API_BASE } =
    serviceEnvironment('payments', planOf({ via }));
  const ports = [DATABASE_URL, DATABASE_WORKER_URL, TRANSPORT_DATABASE_URL].map(
    (url) => new URL(String(url)).port,
  );
  expect(ports).toEqual(['4001', '4001', '5000']);
  expect(STRIPE_API_BASE).toBe('http://127.0.0.1:4002');
});

test('a module is imported by the process that is named, or by each of a service', () => {
  const { preloads } = read('--preload', 'auth-2=/a.ts', '--preload', 'auth=file:///b.ts?at=c=d');
  const { services, gateway } = processes(planOf({ preloads }));
  const imported = [...services, gateway].map(({ name, preloads: own }) => [name, ...own]);
  expect(imported).toEqual([
    ['auth-1', 'file:///b.ts?at=c=d'],
    ['auth-2', '/a.ts', 'file:///b.ts?at=c=d'],
    ['gateway'],
  ]);
});

test.each([
  ['--via', 'redis=4001'],
  ['--via', 'postgres'],
  ['--preload', '=x'],
  ['--postgres-port', '0'],
])('%s %s is refused with what can be said', (...args) => {
  expect(() => read(...args)).toThrow('scripts/start');
});

function planOf(more: Partial<Plan>): Plan {
  return {
    data: '/tmp/options',
    state: {},
    server: 'postgres://postgres@127.0.0.1:5000',
    services: [{ name: 'auth', folder: '/services/auth' }],
    ...{ instances: 2, via: {}, preloads: [], ports: new Map(), revision: 'none' },
    ...more,
  } as unknown as Plan;
}
