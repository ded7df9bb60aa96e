/** Kills whoever comes to a crash point next, as often as asked, and counts what was repeated. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PlatformNeeds } from './platform.ts';
import type { Stage } from './scenario.ts';

const FULL = 50;
const LOOK_EVERY_MS = 20;
/** As long as the load may take until somebody comes by. */
const PATIENCE_MS = 30_000;

const folderIn = (scratch: string, at: string) => join(scratch, `crash-${at}`);

export const crashNeeds = (at: 'effect' | 'confirm'): PlatformNeeds => ({
  label: `crash at ${at}`,
  preloads: (scratch) => {
    const folder = folderIn(scratch, at);
    mkdirSync(folder, { recursive: true });
    const module = pathToFileURL(join(import.meta.dirname, 'crash-point.ts'));
    module.search = new URLSearchParams({ at, folder }).toString();
    return { '*': [module.href] };
  },
});

/** What all processes together have written down more than once. */
function repeated(folder: string, what: 'passed' | 'effects'): { all: number; twice: string[] } {
  const files = readdirSync(folder).filter((name) => name.startsWith(`${what}-`));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  const times = Map.groupBy(lines, (line) => line);
  times.delete('');
  const twice = [...times].filter(([, { length }]) => length > 1).map(([line]) => line);
  return { all: times.size, twice };
}

export async function crashOften(stage: Stage, at: 'effect' | 'confirm'): Promise<void> {
  const { platform, fault, pause, check, figure, rounds } = stage;
  const folder = folderIn(platform.scratch, at);
  const token = join(folder, 'token');
  const wanted = rounds(FULL);
  let killed = 0;
  await fault(`${wanted} crashes`, {}, async () => {
    while (killed < wanted) {
      writeFileSync(token, '');
      let left_ms = PATIENCE_MS;
      while (existsSync(token) && left_ms > 0) {
        await pause(LOOK_EVERY_MS);
        left_ms -= LOOK_EVERY_MS;
      }
      if (existsSync(token)) break;
      killed += 1;
    }
    await Promise.all(platform.processes.map((name) => platform.ready(name)));
  });
  check('as many were killed as was asked for', killed === wanted, `${killed} of ${wanted}`);
  // Locks of the dead end after 5 s, and then it comes again.
  await pause(8_000);
  const again = repeated(folder, 'passed').twice.length;
  figure('killed in between', String(killed), String(wanted));
  figure('events that came again', String(again), '≥ 1');
  check('what was cut off came again', again > 0);
  if (at !== 'effect') return;
  const { all, twice } = repeated(folder, 'effects');
  figure('effects of events', String(all));
  check('no event takes effect twice', all > 0 && twice.length === 0, twice.slice(0, 5).join('; '));
}
