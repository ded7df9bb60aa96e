/** The whole platform, for the end-to-end suites: on free ports, and gone afterwards. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readOptions } from '../infra/launcher/options.ts';
import { freePorts, isFree } from '../infra/launcher/ports.ts';
import { clearedAtExit, start, stop } from './test-processes.ts';

const READY_DEADLINE_MS = 120_000;

export interface Platform {
  /** The addresses that the launcher wrote down, such as GATEWAY_URL. */
  addresses: Record<string, string>;
  /** What the launcher has said so far. */
  said: () => string;
  stop: () => Promise<void>;
}

function addressesIn(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** Postgres outlives a launcher that was killed; nobody would come for this one again. */
function endPostgres(home: string): void {
  const file = join(home, 'data/postmaster.pid');
  if (!existsSync(file)) return;
  const [pid] = readFileSync(file, 'utf8').split('\n');
  try {
    process.kill(Number(pid), 'SIGQUIT');
  } catch {
    // It has ended, and left its file.
  }
}

/** A free port before a free one: the gateway's admin API has the next. */
export async function gatewayPort(): Promise<number> {
  const next = freePorts();
  let port = await next();
  while (!(await isFree(port + 1))) port = await next();
  return port;
}

/** `more` are further arguments of `scripts/start`, and `environment` is added to our own. */
export async function startPlatform(
  launcher: string,
  more: string[] = [],
  environment: Record<string, string> = {},
): Promise<Platform> {
  // A broker carries the events of one platform: that of a suite is not its second platform's.
  if (environment.RABBITMQ_URL === undefined) delete process.env.RABBITMQ_URL;
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-e2e-'));
  const data = join(folder, 'data');
  const ready = join(folder, 'ready');
  const port = String(await gatewayPort());
  let said = '';
  const args = ['--port', port, '--data', data, '--ready-file', ready, ...more];
  const hear = (text: string) => {
    said += text;
  };
  const child = start([launcher, ...args], hear, environment);
  const clear = clearedAtExit(() => {
    const { postgres_home } = readOptions(['--data', data]);
    endPostgres(postgres_home);
    for (const path of [postgres_home, folder]) rmSync(path, { recursive: true, force: true });
  });
  const end = async () => {
    await stop(child);
    clear();
  };
  const deadline = performance.now() + READY_DEADLINE_MS;
  const addresses = () => addressesIn(existsSync(ready) ? readFileSync(ready, 'utf8') : '');
  while (addresses().GATEWAY_URL === undefined) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() > deadline) {
      await end();
      throw new Error(`The platform ${ended ? 'ended' : 'did not start in time'}:\n${said}`);
    }
    await setTimeout(100);
  }
  return { addresses: addresses(), said: () => said, stop: end };
}
