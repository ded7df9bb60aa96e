import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../conformance/ports.ts';
import type { Cleanup } from './support.ts';

/** Whether this machine has one. */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export type RedisServer = {
  port: number;
  /** All keys, in no order. */
  keys(): Promise<string[]>;
  ask(...words: string[]): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
};

/** A Redis of its own, which keeps nothing; on the given port where one is given. */
export async function startRedis(
  cleanup: Cleanup,
  { port: wanted, password = '' }: { port?: number; password?: string } = {},
): Promise<RedisServer> {
  const port = wanted ?? (await findFreePort());
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const options = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  if (password !== '') words.push('--requirepass', password);
  const child = spawn('redis-server', words, { stdio: 'ignore' });
  const stop = () => end(child);
  cleanup.add(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });
  const about = [
    '-p',
    String(port),
    ...(password === '' ? [] : ['--no-auth-warning', '-a', password]),
  ];
  const ask = (...asked: string[]) => execFileSync('redis-cli', [...about, ...asked]).toString();
  await reachable(port);
  return {
    port,
    ask: async (...asked) => ask(...asked).trim(),
    keys: async () => ask('KEYS', '*').split('\n').filter(Boolean),
    kill: (signal) => child.kill(signal),
    stop,
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // A stopped one takes no other signal.
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function reachable(port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Redis does not answer on port ${port}.`);
}
