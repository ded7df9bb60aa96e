import { expect, test } from '@jest/globals';
import { type CpuReading, descendantsOf, foreignCores, partOf, serverIn } from './processes.ts';

const aProcess = (pid: number, parent: number, command = 'node') => ({
  ...{ pid, parent, command, cpu_ms: 0 },
});
const pids = (of: { pid: number }[]) => of.map(({ pid }) => pid);

test('ours is what we started, and what that started', () => {
  const all = [aProcess(1, 0), aProcess(5, 1), aProcess(6, 5), aProcess(7, 6), aProcess(8, 1)];
  expect(pids(descendantsOf(5, all))).toEqual([5, 6, 7]);
});

test('a database server is found by its folder, with its children, and no other one', () => {
  const server = (home: string) => `/lib/postgres-18/bin/postgres -D ${home}/data -c port=1`;
  const all = [
    ...[aProcess(10, 1, server('/var/a')), aProcess(11, 10, 'postgres: checkpointer')],
    ...[aProcess(20, 1, server('/var/ab')), aProcess(21, 20, 'postgres: checkpointer')],
    aProcess(30, 1, 'tail -f /var/a/log'),
  ];
  expect(pids(serverIn('/var/a', all))).toEqual([10, 11]);
  expect(serverIn('/var/none', all)).toEqual([]);
});

test('a process is called by what it runs', () => {
  const named = (command: string) => partOf(aProcess(1, 0, command));
  expect(named('node --import x /srv/x/services/bookings/src/main.ts')).toBe('bookings');
  expect(named('node /srv/x/infra/emulators/stripe/main.ts')).toBe('stripe');
  expect(named('rsync')).toBe('other');
});

const reading = (at: number, busy_ms: number, own: [number, number][]): CpuReading => ({
  ...{ at, busy_ms, own: new Map(own) },
});

test('foreign is what the machine did and we did not', () => {
  const before = reading(0, 10_000, [[5, 100]]);
  const after = reading(1_000, 11_500, [
    [5, 400],
    [6, 200],
  ]);
  // Of 1.5 s of work half a second was ours.
  expect(foreignCores(before, after)).toBeCloseTo(1);
});

test('a process of ours that has ended was no stranger', () => {
  // Its 900 ms are its parent's now, which had 100.
  const before = reading(0, 10_000, [
    [5, 100],
    [6, 700],
  ]);
  const after = reading(1_000, 10_200, [[5, 1_000]]);
  expect(foreignCores(before, after)).toBe(0);
});
