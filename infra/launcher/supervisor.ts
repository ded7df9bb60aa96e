import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

export interface ProcessSpec {
  name: string;
  /** The file that Node runs. */
  main: string;
  env: Record<string, string>;
  /** Modules that it imports before its own code. */
  preloads: string[];
  /** Answers 200 as soon as the process can work. */
  ready_url: string;
}

export interface Supervisor {
  start(spec: ProcessSpec): void;
  /** Resolves when each has answered once. */
  ready(specs: ProcessSpec[]): Promise<void>;
  pid(name: string): number | undefined;
  /** Stops it, starts it anew, and resolves when the new one has answered. */
  restart(spec: ProcessSpec): Promise<void>;
  /** Stops the named ones for good at the same time, and waits for their end. */
  stop(names: string[]): Promise<void>;
}

const READY_DEADLINE_MS = 60_000;
/** A service drains for 10 s, and lets what it is answering end for as long again. */
const STOP_DEADLINE_MS = 25_000;
/** A process that ran this long had started well: its next failure waits the shortest time. */
const STEADY_MS = 5_000;
const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 2_000;

/**
 * Small heaps: thirteen services are to fit beside their database. Without a limit V8 takes its
 * time on a large machine (bookings after 8,000 lists: 160 MB, of which 30 are in use; 109 with
 * it), and in small semi-spaces what a request needs for a moment grows old. Far above what a
 * service uses: beyond the limit it dies.
 */
const NODE_OPTIONS = [
  '--max-semi-space-size=16',
  '--max-old-space-size=256',
  '--disable-warning=ExperimentalWarning',
];
const dieWithParent = join(import.meta.dirname, 'die-with-parent.ts');

interface Running {
  child: ChildProcess;
  ended: Promise<void>;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const answers = (url: string) =>
  // A connection that we kept would hold up the end of whoever we asked.
  fetch(url, { signal: AbortSignal.timeout(1_000), headers: { connection: 'close' } }).then(
    (response) => response.ok,
    () => false,
  );

async function endOf({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(killer);
}

/** Keeps processes running, each restarted when it dies; their output goes to a file each. */
export function supervisor(logs: string, say: (line: string) => void): Supervisor {
  mkdirSync(logs, { recursive: true });
  const running = new Map<string, Running>();
  const stopping = new Set<string>();

  const launch = (spec: ProcessSpec, delay_ms: number) => {
    const log = openSync(join(logs, `${spec.name}.log`), 'a', 0o600);
    const imports = [dieWithParent, ...spec.preloads].flatMap((module) => ['--import', module]);
    // Its name at the end tells whoever lists the processes which of the instances it is.
    const args = [...NODE_OPTIONS, ...imports, spec.main, spec.name];
    const child = spawn(process.execPath, args, {
      env: spec.env,
      stdio: ['ignore', log, log, 'ipc'],
      // A group of its own: Ctrl-C reaches the launcher alone, which stops the others in order.
      detached: true,
    });
    closeSync(log);
    child.once('error', (error) => say(`${spec.name} could not be started: ${error.message}`));
    const started_at = performance.now();
    const ended = new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve();
        running.delete(spec.name);
        if (stopping.has(spec.name)) return;
        const steady = performance.now() - started_at > STEADY_MS;
        const wait_ms = steady ? FIRST_RESTART_MS : delay_ms;
        say(`${spec.name} ended (${signal ?? `exit ${code}`}); again in ${wait_ms} ms`);
        setTimeout(() => {
          if (!stopping.has(spec.name)) launch(spec, Math.min(wait_ms * 2, LAST_RESTART_MS));
        }, wait_ms);
      });
    });
    running.set(spec.name, { child, ended });
  };

  const waitFor = async ({ name, ready_url }: ProcessSpec) => {
    const deadline = performance.now() + READY_DEADLINE_MS;
    while (!(await answers(ready_url))) {
      if (stopping.has(name)) return;
      if (performance.now() > deadline) {
        throw new Error(`${name} is not ready: see ${join(logs, `${name}.log`)}`);
      }
      await pause(50);
    }
  };

  /** Whoever asks a second time waits with the first: a second SIGTERM would cut. */
  const ends = new Map<string, Promise<void>>();
  const stopOne = (name: string): Promise<void> => {
    stopping.add(name);
    const found = running.get(name);
    if (found === undefined) return Promise.resolve();
    const end = ends.get(name) ?? endOf(found).finally(() => ends.delete(name));
    ends.set(name, end);
    return end;
  };

  let closing = false;
  return {
    start: (spec) => launch(spec, FIRST_RESTART_MS),
    ready: async (specs) => {
      await Promise.all(specs.map(waitFor));
    },
    pid: (name) => running.get(name)?.child.pid,
    restart: async (spec) => {
      await stopOne(spec.name);
      if (closing) return;
      stopping.delete(spec.name);
      launch(spec, FIRST_RESTART_MS);
      await waitFor(spec);
    },
    stop: async (names) => {
      closing = true;
      await Promise.all(names.map(stopOne));
    },
  };
}
