import type { Outcome } from '../load.ts';
import type { Scenario, Stage } from '../scenario.ts';

const HEALED_MS = 5_000;

function p95(outcomes: Outcome[]): number {
  const sorted = outcomes.map(({ took_ms }) => took_ms).sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.95)] ?? 0;
}

async function run({ platform, load, seconds, pause, fault, check, figure }: Stage) {
  const proxy = platform.proxies.postgres;
  if (proxy === undefined) throw new Error('There is no proxy before Postgres.');
  const between = (from_ms: number, to_ms: number) =>
    load.outcomes.filter(({ at_ms }) => at_ms >= from_ms && at_ms < to_ms);
  await pause(5_000);
  const before = between(0, load.now_ms());
  const began_ms = load.now_ms();
  let most = 0;
  await fault('Postgres answers 200 ± 100 ms late', {}, async () => {
    await proxy.set({ kind: 'latency', latency_ms: 200, jitter_ms: 100 });
    const until = load.now_ms() + seconds * 500;
    while (load.now_ms() < until) {
      most = Math.max(most, load.under_way());
      await pause(100);
    }
    await proxy.heal();
  });
  const ended_ms = load.now_ms();
  await pause(2 * HEALED_MS);
  const meanwhile = between(began_ms, ended_ms);
  const after = between(ended_ms + HEALED_MS, load.now_ms());
  const busy = meanwhile.filter(({ status }) => status === 503);
  const wrong = meanwhile.filter(({ status }) => status === 0 || (status >= 500 && status !== 503));
  check('what is too much is told so', wrong.length === 0, JSON.stringify(wrong.slice(0, 5)));
  check('and much is answered all the same', busy.length < meanwhile.length / 2);
  const failed = after.filter(({ status }) => status === 0 || status >= 500);
  check('afterwards all is well', failed.length === 0, JSON.stringify(failed.slice(0, 5)));
  figure('most requests under way', String(most));
  figure('503', `${busy.length} of ${meanwhile.length}`);
  const [usual, slow, healed] = [before, meanwhile, after].map((some) => p95(some).toFixed());
  figure('p95 before, meanwhile, after', `${usual}, ${slow}, ${healed} ms`);
}

export const scenario: Scenario = {
  id: 'F9',
  sentence: 'Every answer of Postgres comes 200 ± 100 ms late.',
  needs: { proxies: ['postgres'] },
  run,
};
