import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

function nameOf(command: string): string | undefined {
  if (command.startsWith('postgres')) return 'postgres';
  const main = /(\S+)\/(?:src\/)?main\.ts/.exec(command)?.[1];
  if (main?.includes('/bench')) return undefined;
  return main && basename(main.endsWith('/src') ? dirname(main) : main);
}

/** Each process of the platform: its part and its process id. */
function* parts(): Generator<{ name: string; pid: string }> {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const name = command === '' ? undefined : nameOf(command);
    if (name !== undefined) yield { name, pid };
  }
}

/** CPU time in ms that each part of the platform has used so far; empty where there is no /proc. */
export function cpuTimes(): Map<string, number> {
  const times = new Map<string, number>();
  try {
    for (const { name, pid } of parts()) {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [user, system] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14);
      const ms = (Number(user) + Number(system)) * TICK_MS;
      times.set(name, (times.get(name) ?? 0) + ms);
    }
  } catch {
    // Not on this system, or a process ended while we looked.
  }
  return times;
}

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
export function memory(): string {
  const sizes = new Map<string, number>();
  try {
    for (const { name, pid } of parts()) {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      const kib = Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
      sizes.set(name, (sizes.get(name) ?? 0) + kib / 1024);
    }
  } catch {
    // As above.
  }
  const all = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const each = [...sizes].map(([name, size]) => `${name} ${size.toFixed(0)}`);
  return `${each.join(', ')}; all ${all.toFixed(0)}`;
}
