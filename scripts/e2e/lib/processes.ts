import { execFileSync } from 'node:child_process';

/** Where the processes stand that are no services. */
const MAINS: Record<string, string> = {
  stripe: 'emulators/stripe/main.ts',
  gateway: 'gateway/src/main.ts',
};

/**
 * The process of this platform's that is called so (`auth-1`), or, where several are, the first one
 * of a service, an emulator or the gateway.
 */
export function pidOf(name: string): number | undefined {
  const launcher = process.env.LAUNCHER_PID;
  if (launcher === undefined) throw new Error('LAUNCHER_PID says which platform is ours.');
  const main = MAINS[name] ?? `services/${name}/src/main.ts`;
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args=']).toString().split('\n');
  const ours = lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid]) => ppid === launcher);
  const found =
    ours.find((words) => words.at(-1) === name) ??
    ours.find(([, , ...args]) => args.join(' ').includes(main));
  return found === undefined ? undefined : Number(found[0]);
}

/** Kills without warning; answers whether there was something to kill. */
export function killHard(name: string): boolean {
  const pid = pidOf(name);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGKILL');
  return true;
}
