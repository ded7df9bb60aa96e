import { execFileSync } from 'node:child_process';

/** The process of a service (or an emulator) of this platform, as the launcher started it. */
export function pidOf(name: string): number | undefined {
  const launcher = process.env.LAUNCHER_PID;
  if (launcher === undefined) throw new Error('LAUNCHER_PID says which platform is ours.');
  const main = name === 'stripe' ? 'emulators/stripe/main.ts' : `services/${name}/src/main.ts`;
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args=']).toString().split('\n');
  const found = lines
    .map((line) => line.trim().split(/\s+/))
    .find(([, ppid, ...args]) => ppid === launcher && args.join(' ').includes(main));
  return found === undefined ? undefined : Number(found[0]);
}

/** Kills without warning; answers whether there was something to kill. */
export function killHard(name: string): boolean {
  const pid = pidOf(name);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGKILL');
  return true;
}
