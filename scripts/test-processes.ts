/** Processes that a test run starts: each with a group of its own, so that none is left behind. */
import { type ChildProcess, spawn } from 'node:child_process';

/** Longer than the launcher gives its own processes. */
const STOP_PATIENCE_MS = 40_000;

const running = new Set<ChildProcess>();

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // The whole group has ended.
  }
}

export type Environment = Record<string, string>;

/** Starts a command whose output goes to `write`; `more` is added to our own environment. */
export function start(
  [command = '', ...args]: string[],
  write: (text: string) => void,
  more: Environment = {},
): ChildProcess {
  const env = { ...process.env, ...more };
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', write);
  }
  child.on('error', (error) => write(`${error.message}\n`));
  // What it started and left behind would hold its output open, and us with it.
  child.on('exit', () => signal(child, 'SIGKILL'));
  child.on('close', () => running.delete(child));
  return child;
}

/** Its end, with all of its output; also of one that never began. */
const closing = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once('close', resolve));

export interface Result {
  status: number | null;
  output: string;
}

export async function run(
  command: string[],
  more?: Environment,
  deadline_ms?: number,
): Promise<Result> {
  let output = '';
  const child = start(
    command,
    (text) => {
      output += text;
    },
    more,
  );
  const deadline =
    deadline_ms &&
    setTimeout(() => {
      output += `\nStopped after ${deadline_ms / 1000} s.\n`;
      signal(child, 'SIGKILL');
    }, deadline_ms);
  const status = await closing(child);
  if (deadline) clearTimeout(deadline);
  return { status, output };
}

/** Asks the process to end, and ends it where it does not listen. */
export async function stop(child: ChildProcess, patience_ms = STOP_PATIENCE_MS): Promise<void> {
  if (!running.has(child)) return;
  const closed = closing(child);
  signal(child, 'SIGTERM');
  const killer = setTimeout(() => signal(child, 'SIGKILL'), patience_ms);
  await closed;
  clearTimeout(killer);
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => stop(child)));
}

/** Ctrl-C ends first what was started, and then us. */
export function stopOnSignals(exit_code: number): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => void stopAll().then(() => process.exit(exit_code)));
  }
}

/** Clears up when it is called, and at our end at the latest: interrupted, nobody calls it. */
export function clearedAtExit(clear: () => void): () => void {
  process.once('exit', clear);
  return () => {
    process.off('exit', clear);
    clear();
  };
}
