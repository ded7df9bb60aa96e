import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lockData, takeLock } from './lock.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'launcher lock '));
});
afterEach(() => rmSync(data, { recursive: true }));

/** Another process that has locked the data, until it is killed. */
async function aLauncher() {
  const script = `
    const { lockData } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))});
    lockData(${JSON.stringify(data)});
    process.stdout.write('up');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    pid: child.pid,
    isKilled: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('a second launcher on the same data is refused, and told which the first one is', async () => {
  const first = await aLauncher();
  try {
    expect(() => lockData(data)).toThrow(`process ${first.pid})`);
  } finally {
    await first.isKilled();
  }
});

test('a launcher that was killed is in nobody’s way', async () => {
  const first = await aLauncher();
  await first.isKilled();
  lockData(data)();
  expect(existsSync(join(data, 'launcher.pid'))).toBe(false);
});

test('who lets go lets in the next', () => {
  lockData(data)();
  lockData(data)();
});

test('of two in one process one has it', () => {
  const file = join(data, 'lock');
  const release = takeLock(file);
  expect(takeLock(file)).toBeUndefined();
  release?.();
  const again = takeLock(file);
  expect(again).toBeDefined();
  again?.();
});

test('what cannot be locked is said, not taken for held', () => {
  expect(() => takeLock(join(data, 'no such folder', 'lock'))).toThrow('unable to open');
});
