import type { Stage } from './scenario.ts';

/** Answers what checks later that every process is still the one that it is now. */
export function survivors({ platform, check }: Stage): () => void {
  const before = new Map(platform.processes.map((name) => [name, platform.pid(name)]));
  return () => {
    const ended = platform.processes.filter((name) => platform.pid(name) !== before.get(name));
    check('no process ends for it', ended.length === 0, ended.join(', '));
  };
}
