import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

interface Part {
  name: string;
  pid: string;
}

const commandOf = (pid: string): string =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');

/** The fields after the process' name, which may hold blanks: state, parent, … */
function fieldsOf(pid: string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function nameOf(command: string): string | undefined {
  const main = /(\S+)\/(?:src\/)?main\.ts/.exec(command)?.[1];
  return main && basename(main.endsWith('/src') ? dirname(main) : main);
}

/** Each process of this platform, and of no other on the machine; empty where there is no /proc. */
function partsOf(launcher: string, postgres_home: string): Part[] {
  const parts: Part[] = [];
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const isServer = (pid: string) => commandOf(pid).includes(postgres_home);
  for (const pid of pids) {
    try {
      const [, parent = ''] = fieldsOf(pid);
      const command = commandOf(pid);
      if (pid === launcher) parts.push({ name: 'launcher', pid });
      else if (parent === launcher) parts.push({ name: nameOf(command) ?? 'other', pid });
      else if (command.startsWith('postgres') ? isServer(parent) : command.includes(postgres_home))
        parts.push({ name: 'postgres', pid });
    } catch {
      // It has ended while we looked.
    }
  }
  return parts;
}

export interface Platform {
  launcher: string;
  postgres_home: string;
}
let platform: Platform = { launcher: '', postgres_home: '' };
export function watchPlatform(watched: Platform): void {
  platform = watched;
}

function sumBy(of: (pid: string) => number): Map<string, number> {
  const sums = new Map<string, number>();
  try {
    for (const { name, pid } of partsOf(platform.launcher, platform.postgres_home)) {
      sums.set(name, (sums.get(name) ?? 0) + of(pid));
    }
  } catch {
    // Not on this system, or a process ended while we looked.
  }
  return sums;
}

/** CPU time in ms that each part of the platform has used so far. */
export const cpuTimes = (): Map<string, number> =>
  sumBy((pid) => {
    const [user, system] = fieldsOf(pid).slice(11, 13);
    return (Number(user) + Number(system)) * TICK_MS;
  });

/** What was used in between, for each of `requests`, in ms. */
export function cpuPerRequest(before: Map<string, number>, requests: number): string {
  return [...cpuTimes()]
    .map(([name, ms]) => ({ name, each: (ms - (before.get(name) ?? 0)) / requests }))
    .filter(({ each }) => each > 0.005)
    .sort((one, other) => other.each - one.each)
    .map(({ name, each }) => `${name} ${each.toFixed(2)}`)
    .join(', ');
}

/** Memory of each part in MB, with its share of what processes have in common. */
export const memory = (): Map<string, number> =>
  sumBy((pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1024;
  });
