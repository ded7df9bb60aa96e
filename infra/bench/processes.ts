/** What runs on the machine, by `/proc`: CPU time and memory of ours, and what others use. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

export interface Process {
  pid: number;
  parent: number;
  command: string;
  /** User and system, with that of ended children. */
  cpu_ms: number;
}

const commandOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();

function processOf(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
    const command = commandOf(pid);
    return { pid, parent: Number(fields[1]), command, cpu_ms: ticks * TICK_MS };
  } catch {
    // It has ended while we looked.
    return undefined;
  }
}

/** All processes of the machine; none where there is no /proc. */
export function allProcesses(): Process[] {
  try {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap((entry) => processOf(Number(entry)) ?? []);
  } catch {
    return [];
  }
}

/** The process, what it started, and what that started. */
export function descendantsOf(root: number, all: readonly Process[]): Process[] {
  const found = all.filter(({ pid }) => pid === root);
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one.pid));
  return found;
}

/** A database server outlives whoever started it: it is known by its folder. */
export function serverIn(home: string, all: readonly Process[]): Process[] {
  const server = all.find(
    ({ command }) => command.includes(`${home}/`) && /\/bin\/postgres /.test(command),
  );
  return server === undefined ? [] : descendantsOf(server.pid, all);
}

/** `bookings`, `gateway`, `stripe`: the folder of the main file that Node runs. */
export function partOf({ command }: Process): string {
  const folder = /(\S+)\/(?:src\/)?main\.ts/.exec(command)?.[1];
  return folder === undefined
    ? 'other'
    : basename(folder.endsWith('/src') ? dirname(folder) : folder);
}

export interface Watched {
  launcher: number;
  postgres_home: string;
}

/** The processes of one platform by part: launcher, gateway, each service, stripe, postgres. */
export function partsOf({ launcher, postgres_home }: Watched): Map<string, Process[]> {
  const all = allProcesses();
  const children = all.filter(({ parent }) => parent === launcher);
  const own = Object.groupBy(children, partOf);
  const parts = new Map(Object.entries(own).map(([name, list = []]) => [name, list]));
  parts.set(
    'launcher',
    all.filter(({ pid }) => pid === launcher),
  );
  parts.set('postgres', serverIn(postgres_home, all));
  return parts;
}

/** CPU time in ms that each part of the platform has used so far. */
export function cpuTimes(watched: Watched): Map<string, number> {
  const parts = [...partsOf(watched)];
  return new Map(
    parts.map(([name, list]) => [name, list.reduce((sum, { cpu_ms }) => sum + cpu_ms, 0)]),
  );
}

function pssOf({ pid }: Process): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

/** Memory of each part in MB, with its share of what processes have in common. */
export function memory(watched: Watched): Map<string, number> {
  const parts = [...partsOf(watched)];
  return new Map(
    parts.map(([name, list]) => [name, list.reduce((sum, one) => sum + pssOf(one), 0)]),
  );
}

export interface CpuReading {
  at: number;
  /** Everything on the machine, and what the hypervisor took from it. */
  busy_ms: number;
  own: Map<number, number>;
}

/** A reading to be compared with a later one: `roots` and `homes` are ours. */
export function readCpu(roots: readonly number[], homes: readonly string[]): CpuReading {
  const all = allProcesses();
  const own = [
    ...roots.flatMap((root) => descendantsOf(root, all)),
    ...homes.flatMap((home) => serverIn(home, all)),
  ];
  let busy_ms = 0;
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const [user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number);
    const all_ticks = [user, nice, system, irq, softirq, steal];
    busy_ms = all_ticks.reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) * TICK_MS;
  } catch {
    // Not on this system: nothing foreign is seen.
  }
  const at = performance.now();
  return { at, busy_ms, own: new Map(own.map(({ pid, cpu_ms }) => [pid, cpu_ms])) };
}

/** How many cores others used between two readings. */
export function foreignCores(before: CpuReading, after: CpuReading): number {
  let own_ms = 0;
  for (const [pid, ms] of after.own) own_ms += ms - (before.own.get(pid) ?? 0);
  // What ended in between has left its time with its parent, but for what began and ended.
  for (const [pid, ms] of before.own) if (!after.own.has(pid)) own_ms -= ms;
  const foreign_ms = after.busy_ms - before.busy_ms - own_ms;
  return Math.max(0, foreign_ms / Math.max(after.at - before.at, 1));
}
