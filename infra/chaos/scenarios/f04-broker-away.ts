import { holdsWithin } from '../../../scripts/waiting.ts';
import { outboxState } from '../outbox.ts';
import type { Platform } from '../platform.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { runSuite } from '../suite.ts';

const SUCCESS = 0.999;
const DRAINED_MS = 30_000;
/** What was under way when the transport went has been confirmed, or will not be. */
const QUIET_MS = 1_000;

interface Outage {
  name: string;
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

/** Frozen, and then dead: on Postgres a stalled connection, and a role that may not log in. */
function outagesOf({ platform, check }: Stage): Outage[] {
  const { broker, proxies } = platform;
  if (broker !== undefined) {
    return [
      {
        name: 'the broker is frozen',
        begin: async () => broker.pause(),
        end: async () => broker.resume(),
      },
      { name: 'the broker is killed', begin: () => broker.kill(), end: () => broker.start() },
    ];
  }
  const proxy = proxies.transport;
  if (proxy === undefined) throw new Error('There is no proxy before the transport.');
  const role = (what: string) => runSuite({ platform, check }, 'transport.ts', { args: [what] });
  return [
    {
      name: 'the transport is silent',
      begin: () => proxy.set({ kind: 'black_hole' }),
      end: () => proxy.heal(),
    },
    { name: 'the transport is locked out', begin: () => role('stop'), end: () => role('start') },
  ];
}

const oneBacklog = async (platform: Platform) => {
  const { total, unsent } = await outboxState(platform);
  return { total, unsent };
};

async function run(stage: Stage): Promise<void> {
  const { platform, load, seconds, pause, fault, check, figure } = stage;
  for (const { name, begin, end } of outagesOf(stage)) {
    const began_ms = load.now_ms();
    await fault(name, {}, async () => {
      await begin();
      await pause(QUIET_MS);
      const before = await oneBacklog(platform);
      await pause(seconds * 500);
      const after = await oneBacklog(platform);
      const written = after.total - before.total;
      const waiting = after.unsent - before.unsent;
      const detail = `${written} written, ${waiting} more waiting`;
      check(`${name}: what waits is what was written`, written > 0 && written === waiting, detail);
      figure('backlog', String(after.unsent));
      await end();
    });
    const { now } = await outboxState(platform);
    const took = await holdsWithin(
      2 * DRAINED_MS,
      async () => (await outboxState(platform, now)).unsent_of_then === 0,
    );
    const drained = took !== undefined && took <= DRAINED_MS;
    check(`${name}: the backlog is sent in time`, drained, `${took?.toFixed()} ms`);
    figure('drained in', `${((took ?? 2 * DRAINED_MS) / 1_000).toFixed(1)} s`, '30 s');
    const asked = load.outcomes.filter(({ at_ms }) => at_ms >= began_ms);
    const failed = asked.filter(({ status }) => status === 0 || status >= 500);
    const share = 1 - failed.length / asked.length;
    const detail = JSON.stringify(failed.slice(0, 5));
    check(`${name}: requests go on`, share >= SUCCESS, `${failed.length} failed: ${detail}`);
    figure('answered meanwhile', `${(share * 100).toFixed(2)} %`, '99.9 %');
  }
}

export const scenario: Scenario = {
  id: 'F4',
  sentence: 'The transport of events freezes, and then dies and comes back.',
  needs: { proxies: ['transport'] },
  run,
};
