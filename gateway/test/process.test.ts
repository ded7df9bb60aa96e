import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { findFreePort } from '../conformance/ports.ts';
import { readEnvironment } from '../src/environment.ts';
import { Cleanup, eventually, oneService, startService } from './support.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const cleanup = new Cleanup();

afterEach(() => cleanup.run());

function start(variables: NodeJS.ProcessEnv): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [MAIN], { env: variables, stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (bytes) => {
    output += bytes;
  });
  child.stderr.on('data', (bytes) => {
    output += bytes;
  });
  cleanup.add(() => child.kill('SIGKILL'));
  return { child, output: () => output };
}

function configFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  cleanup.add(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'kong.yml');
  writeFileSync(path, text);
  return path;
}

test('a start without settings names all that is missing or wrong', () => {
  const variables = { GATEWAY_PORT: 'http', GATEWAY_UPSTREAMS: 'auth=127.0.0.1:1,b:1=c:2|d' };
  const error = (() => {
    try {
      readEnvironment(variables);
    } catch (thrown) {
      return (thrown as Error).message;
    }
  })();
  expect(error).toMatch(
    /GATEWAY_CONFIG.*GATEWAY_PORT.*auth=127.0.0.1:1 is not host:port.*b:1=c:2\|d is not/s,
  );
});

test('the process stops at once over a kong.yml that it would not keep', async () => {
  const { child, output } = start({
    GATEWAY_CONFIG: configFile(oneService({}, { vaults: [] })),
    GATEWAY_PORT: String(await findFreePort()),
  });
  const [code] = await once(child, 'exit');
  expect([code, output()]).toEqual([1, expect.stringContaining('vaults is not supported')]);
});

test('the process serves, and leaves when it is told to', async () => {
  const service = await startService(cleanup, (_, response) => response.end('hello'));
  const port = await findFreePort();
  const { child, output } = start({
    GATEWAY_CONFIG: configFile(oneService()),
    GATEWAY_PORT: String(port),
    GATEWAY_UPSTREAMS: `service:3000=127.0.0.1:${service}`,
  });
  await eventually(() => output().includes('"listening"'), 'the gateway listens');
  expect(await (await fetch(`http://127.0.0.1:${port}/s`)).text()).toBe('hello');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect([code, output()]).toEqual([0, expect.stringContaining('"stopped"')]);
});

test('SIGHUP reloads; a file that is wrong is told and changes nothing', async () => {
  const service = await startService(cleanup, (_, response) => response.end('hello'));
  const port = await findFreePort();
  const file = configFile(oneService());
  const { child, output } = start({
    GATEWAY_CONFIG: file,
    GATEWAY_PORT: String(port),
    GATEWAY_UPSTREAMS: `service:3000=127.0.0.1:${service}`,
  });
  await eventually(() => output().includes('"listening"'), 'the gateway listens');
  const moved = { routes: [{ name: 'route', paths: ['/moved'] }] };
  writeFileSync(file, oneService(moved, { vaults: [] }));
  child.kill('SIGHUP');
  await eventually(() => output().includes('"reload_refused"'), 'the refusal');
  expect(output()).toContain('vaults is not supported');
  expect((await fetch(`http://127.0.0.1:${port}/s`)).status).toBe(200);
  writeFileSync(file, oneService(moved));
  child.kill('SIGHUP');
  await eventually(() => output().includes('"reloaded"'), 'the reload');
  expect((await fetch(`http://127.0.0.1:${port}/s`)).status).toBe(404);
  expect(await (await fetch(`http://127.0.0.1:${port}/moved`)).text()).toBe('hello');
});
