import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@roundhouse/testing';
import { start } from './test-processes.ts';

/** Notes when it begins and ends, and is done when the test says so; what it makes is whole. */
const NPM = `#!/bin/sh
echo begin >>npm.log
until [ -e may-end ]; do sleep 0.02; done
mkdir -p node_modules/.bin
printf '#!/bin/sh\\nexec "$@"\\n' >node_modules/.bin/node
chmod +x node_modules/.bin/node
touch node_modules/.package-lock.json
echo end >>npm.log
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'install '));
  mkdirSync(join(root, 'scripts'));
  mkdirSync(join(root, 'bin'));
  for (const name of ['install', 'run']) {
    copyFileSync(join(import.meta.dirname, name), join(root, 'scripts', name));
  }
  writeFileSync(join(root, 'bin', 'npm'), NPM);
  chmodSync(join(root, 'bin', 'npm'), 0o755);
  writeFileSync(join(root, 'package-lock.json'), '{}');
});
afterEach(() => rmSync(root, { recursive: true }));

const PATH = () => join(root, 'bin') + delimiter + process.env.PATH;

function begin(script: string, ...args: string[]) {
  const said: string[] = [];
  const command = [join(root, 'scripts', script), ...args];
  const child = start(command, (text) => said.push(text), { PATH: PATH() });
  const ended = once(child, 'close').then(([status]) => ({ status, output: said.join('') }));
  return { child, ended, output: () => said.join('') };
}

const seen = (text: string) => (process: { output(): string }) =>
  eventually(async () => expect(process.output()).toContain(text));

const installed = () => readFileSync(join(root, 'npm.log'), 'utf8').split('\n').filter(Boolean);
const installing = () => eventually(async () => expect(installed()).toEqual(['begin']));
const letNpmEnd = () => writeFileSync(join(root, 'may-end'), '');
const leftLocks = () => readdirSync(root).filter((name) => name.startsWith('.installing'));

/** A lock as somebody left it who can let go of it no more. */
const lockedBy = (holder: string) => symlinkSync(holder, join(root, '.installing'));

async function endedProcess(): Promise<number> {
  const child = start(['true'], () => undefined);
  await once(child, 'close');
  return child.pid ?? 0;
}

test('of several at once one installs, and the others go on when it is done', async () => {
  const runs = Array.from({ length: 5 }, () => begin('run', 'echo', 'carried out'));
  await installing();
  await eventually(async () => {
    const waiting = runs.filter(({ output }) => output().includes('waiting for it'));
    expect(waiting).toHaveLength(4);
  });
  letNpmEnd();
  for (const { status, output } of await Promise.all(runs.map(({ ended }) => ended))) {
    expect(status).toBe(0);
    expect(output).toContain('carried out\n');
  }
  expect(installed()).toEqual(['begin', 'end']);
  expect(leftLocks()).toEqual([]);
});

test('what runs while packages are put in place waits until all are', async () => {
  const first = begin('install');
  await installing();
  // Node is there already, and what it is to run perhaps not.
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  writeFileSync(join(root, 'node_modules/.bin/node'), '#!/bin/sh\n', { mode: 0o755 });
  const second = begin('run', 'echo', 'carried out');
  await seen('waiting for it')(second);
  expect(second.output()).not.toContain('carried out');
  letNpmEnd();
  expect((await first.ended).status).toBe(0);
  expect((await second.ended).output).toContain('carried out');
  expect(installed()).toEqual(['begin', 'end']);
});

test('of many who find the lock of a dead process one installs', async () => {
  lockedBy(`${await endedProcess()}.1`);
  const runs = Array.from({ length: 6 }, () => begin('install'));
  await installing();
  await eventually(async () => {
    const waiting = runs.filter(({ output }) => output().includes('waiting for it'));
    expect(waiting).toHaveLength(5);
  });
  letNpmEnd();
  for (const { status } of await Promise.all(runs.map(({ ended }) => ended))) {
    expect(status).toBe(0);
  }
  expect(installed()).toEqual(['begin', 'end']);
  expect(leftLocks()).toEqual([]);
});

test('a process that only has the id of a dead holder holds nothing', async () => {
  const other = start(['sleep', '300'], () => undefined);
  lockedBy(`${other.pid}.1`);
  letNpmEnd();
  expect((await begin('install').ended).status).toBe(0);
  expect(installed()).toEqual(['begin', 'end']);
  other.kill('SIGKILL');
});

test('whoever dies while removing the lock of a dead one is in nobody’s way either', async () => {
  const dead = await endedProcess();
  lockedBy(`${dead}.1`);
  symlinkSync(`${dead}.2`, join(root, `.installing.after.${dead}.1`));
  letNpmEnd();
  expect((await begin('install').ended).status).toBe(0);
  expect(leftLocks()).toEqual([]);
});

test('while one removes the lock of a dead process, nobody else does', async () => {
  const dead = await endedProcess();
  lockedBy(`${dead}.1`);
  mkdirSync(join(root, 'slow'));
  writeFileSync(join(root, 'slow/install'), '#!/bin/sh\necho up; sleep 300\n', { mode: 0o755 });
  let said = '';
  const remover = start([join(root, 'slow/install')], (text) => {
    said += text;
  });
  await eventually(async () => expect(said).toContain('up'));
  symlinkSync(`${remover.pid}.2`, join(root, `.installing.after.${dead}.1`));
  const second = begin('install');
  await seen('waiting for it')(second);
  expect(leftLocks()).toHaveLength(2);
  letNpmEnd();
  remover.kill('SIGKILL');
  expect((await second.ended).status).toBe(0);
  expect(leftLocks()).toEqual([]);
});

test('an install that was killed is begun again', async () => {
  const killed = begin('install');
  await installing();
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(lstatSync(join(root, '.installing')).isSymbolicLink()).toBe(true);
  letNpmEnd();
  expect((await begin('run', 'true').ended).status).toBe(0);
  expect(installed()).toEqual(['begin', 'begin', 'end']);
  expect(leftLocks()).toEqual([]);
});

test('an install that fails says so, and lets go', async () => {
  writeFileSync(join(root, 'bin', 'npm'), '#!/bin/sh\necho no such package >&2\nexit 3\n');
  const { status, output } = await begin('install').ended;
  expect(status).toBe(3);
  expect(output).toContain('no such package');
  expect(leftLocks()).toEqual([]);
  expect(existsSync(join(root, 'node_modules'))).toBe(false);
});

test('on a whole tree nothing is installed', async () => {
  letNpmEnd();
  await begin('install').ended;
  await begin('install').ended;
  expect(installed()).toEqual(['begin', 'end']);
});
