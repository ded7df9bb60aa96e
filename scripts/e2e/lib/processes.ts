import { execFileSync } from 'node:child_process';

/** Where the processes stand that are no services. */
const MAINS: Record<string, string> = {
  stripe: 'emulators/stripe/main.ts',
  gateway: 'gateway/src/main.ts',
};

/** The process of a service, an emulator or the gateway of this platform, as it was started. */
export function pidOf(name: string): number | undefined {
  const launcher = process.env.LAUNCHER_PID;
  if (launcher === undefined) throw new Error('LAUNCHER_PID says which platform is ours.');
  const main = MAINS[name] ?? `services/${name}/src/main.ts`;
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
