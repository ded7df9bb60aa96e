import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { eventually } from '@roundhouse/testing';
import { run, start, stop } from './test-processes.ts';

const isGone = (pid: number) => async () =>
  expect(() => process.kill(pid, 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }));

test('a command answers its status and whatever it said, with what it was told', async () => {
  const script = 'echo "$GREETING"; echo no >&2; exit 3';
  const { status, output } = await run(['sh', '-c', script], { GREETING: 'hello' });
  expect(status).toBe(3);
  expect(output).toContain('hello\n');
  expect(output).toContain('no\n');
});

test('a command that is not there has failed', async () => {
  const { status, output } = await run(['/nowhere/at/all']);
  expect(status).not.toBe(0);
  expect(output).toContain('ENOENT');
});

test('what a command leaves behind is ended with it', async () => {
  const { output } = await run(['sh', '-c', 'sleep 300 & echo $!']);
  await eventually(isGone(Number(output)));
});

test('a command that takes too long is ended, and so is what it started', async () => {
  const { status, output } = await run(['sh', '-c', 'sleep 300 & echo $!; wait'], {}, 300);
  expect(status).not.toBe(0);
  expect(output).toContain('Stopped after 0.3 s.');
  await eventually(isGone(Number.parseInt(output, 10)));
});

test('a process that does not listen is stopped all the same', async () => {
  let said = '';
  const child = start(['sh', '-c', "trap '' TERM; echo ready; sleep 300"], (text) => {
    said += text;
  });
  await eventually(async () => expect(said).toContain('ready'));
  const closed = once(child, 'close');
  await stop(child, 200);
  const [, signal] = await closed;
  expect(signal).toBe('SIGKILL');
});
