/** Puts the running platform's Postgres on a volume of its own, which can be filled. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readOptions } from '../launcher/options.ts';
import type { Platform } from './platform.ts';

const STOPPED_MS = 20_000;
const BLOCK_BYTES = 65_536;

const mount = (folder: string, megabytes: number) =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], {
    stdio: 'ignore',
  });
const unmount = (folder: string) => execFileSync('umount', [folder], { stdio: 'ignore' });

/** Why no volume can be made here; undefined where one can. */
export function volumeMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can mount a small volume';
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-volume-'));
  try {
    mount(folder, 1);
    unmount(folder);
    return undefined;
  } catch {
    return 'mounting a small volume is not allowed here';
  } finally {
    rmdirSync(folder);
  }
}

export interface SmallVolume {
  /** Takes all the room that is left. */
  fill(): Promise<void>;
  empty(): void;
  /** Puts Postgres back to where it was. */
  leave(): Promise<void>;
}

/** Stops Postgres behind the launcher's back, changes its folder, and lets the launcher go on. */
async function whileStopped(platform: Platform, home: string, work: () => void): Promise<void> {
  const launcher = Number(platform.addresses.LAUNCHER_PID);
  process.kill(launcher, 'SIGSTOP');
  try {
    const file = join(home, 'data/postmaster.pid');
    const deadline = performance.now() + STOPPED_MS;
    platform.postgres.signal('SIGINT');
    while (existsSync(file)) {
      if (performance.now() > deadline) throw new Error('PostgreSQL does not stop.');
      await setTimeout(50);
    }
    work();
  } finally {
    process.kill(launcher, 'SIGCONT');
  }
  await platform.postgres.ready();
}

const megabytesOf = (folder: string) =>
  Number(execFileSync('du', ['-sm', folder]).toString().split('\t')[0]);

export async function moveToSmallVolume(
  platform: Platform,
  room_megabytes: number,
): Promise<SmallVolume> {
  const { postgres_home: home } = readOptions(['--data', String(platform.addresses.DATA_DIR)]);
  const [aside, filler] = [`${home}-aside`, join(home, 'filler')];
  /** With owner and mode, also of the folder itself. */
  const back = () => {
    execFileSync('cp', ['-a', `${aside}/.`, home]);
    rmSync(aside, { recursive: true });
  };
  await whileStopped(platform, home, () => {
    const megabytes = megabytesOf(home) + room_megabytes;
    execFileSync('cp', ['-a', home, aside]);
    mount(home, megabytes);
    back();
  });
  return {
    fill: async () => {
      const file = await open(filler, 'a');
      try {
        const block = Buffer.alloc(BLOCK_BYTES, 1);
        for (;;) await file.write(block);
      } catch (error) {
        if ((error as { code?: string }).code !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
    },
    empty: () => rmSync(filler, { force: true }),
    leave: () =>
      whileStopped(platform, home, () => {
        execFileSync('cp', ['-a', home, aside]);
        unmount(home);
        back();
      }),
  };
}
