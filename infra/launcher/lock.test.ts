import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lockData } from './lock.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'launcher lock '));
});
afterEach(() => rmSync(data, { recursive: true }));

const file = () => join(data, 'launcher.pid');

/** Lives until it is killed, and is called as it is told. */
async function aProcess(name: string) {
  const script = "process.stdout.write('up'); setInterval(() => undefined, 1000)";
  const child = spawn(process.execPath, ['-e', script, name], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  writeFileSync(file(), String(child.pid));
  return {
    child,
    end: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('a second launcher on the same data is refused, and told which the first one is', async () => {
  const first = await aProcess('/somewhere/infra/launcher/main.ts');
  try {
    expect(() => lockData(data)).toThrow(`process ${first.child.pid}`);
  } finally {
    await first.end();
  }
});

test('a launcher that was killed is in nobody’s way', async () => {
  const first = await aProcess('/somewhere/infra/launcher/main.ts');
  await first.end();
  lockData(data)();
  expect(existsSync(file())).toBe(false);
});

test('nor is another process that has got its id', async () => {
  const other = await aProcess('something-else.ts');
  try {
    lockData(data)();
  } finally {
    await other.end();
  }
});
