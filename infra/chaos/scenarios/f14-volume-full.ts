import type { Scenario, Stage } from '../scenario.ts';
import { moveToSmallVolume, volumeMissing } from '../small-volume.ts';

/** Enough for Postgres to begin with, and little enough to be filled soon. */
const ROOM_MEGABYTES = 64;

async function run({ platform, load, seconds, pause, fault, check, figure }: Stage) {
  const moved = await fault('Postgres moves to a small volume', {}, () =>
    moveToSmallVolume(platform, ROOM_MEGABYTES),
  );
  await pause(3_000);
  const began_ms = load.now_ms();
  const excuses = ({ status }: { status: number }) => status === 503 || status === 0;
  await fault("Postgres' volume is full", { excuses }, async () => {
    await moved.fill();
    await pause(seconds * 500);
    moved.empty();
    await platform.postgres.ready();
  });
  const ended_ms = load.now_ms();
  const meanwhile = load.outcomes.filter(({ at_ms }) => at_ms >= began_ms && at_ms < ended_ms);
  const full = meanwhile.filter(({ status }) => status === 503);
  check('the volume was full', full.length > 0, `${meanwhile.length} requests, no 503`);
  const good = meanwhile.filter(({ status }) => status < 500 && status !== 0);
  figure('503', `${full.length} of ${meanwhile.length}`);
  figure('answered', String(good.length));
  await pause(5_000);
  await fault('Postgres moves back', {}, moved.leave);
}

export const scenario: Scenario = {
  id: 'F14',
  sentence: "Postgres' volume is full, and then has room again.",
  needs: { label: 'volume' },
  skip: volumeMissing,
  run,
};
