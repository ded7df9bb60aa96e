/**
 * The drill of the key rotation, on a platform of its own with two processes of each service: twice
 * under load with nothing failing, and once more with kills between the steps and nobody refused.
 * The time in which tokens of the old key are taken is short here, and so is the life of the load's
 * tokens; the steps are those of `scripts/rotate-keys`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readKeyTable } from '@roundhouse/service/key-folder';
import { readOptions } from '../../../infra/launcher/options.ts';
import { gatewayPort } from '../../test-platform.ts';
import { start, stop, stopAll, stopOnSignals } from '../../test-processes.ts';
import { untilHolds } from '../../waiting.ts';
import { call } from './http.ts';
import { signUpBody } from './office.ts';
import { type PlatformKey, platformKey, tokenWith } from './platform-key.ts';
import { startLoad } from './rotation-load.ts';
import { check, finish, note } from './tap.ts';

const BUSINESSES = 8;
/** Longer than the load uses a token. */
const RETIRE_SECONDS = 10;
const MINUTE_MS = 60_000;
const PATIENCE_MS = 120_000;

const scripts = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'roundhouse-rotation-'));
const data = join(folder, 'data');

const until = (what: string, holds: () => boolean) => untilHolds(what, PATIENCE_MS, holds, 50);

const port = await gatewayPort();
process.env.GATEWAY_URL = `http://127.0.0.1:${port}`;
// A broker carries the events of one platform, and this is a second one.
delete process.env.RABBITMQ_URL;

async function launch() {
  const ready = join(folder, 'ready');
  rmSync(ready, { force: true });
  const options = ['--port', String(port), '--data', data, '--ready-file', ready];
  let said = '';
  const child = start([`${scripts}/start`, ...options, '--no-demo', '--instances', '2'], (text) => {
    said += text;
  });
  await until('The platform', () => existsSync(ready) || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`The platform ended:\n${said}`);
  const [, pid] = /^LAUNCHER_PID=(\d+)/m.exec(readFileSync(ready, 'utf8')) ?? [];
  return { child, pid: Number(pid) };
}

/** The processes of a service. */
function pidsOf(service: string, launcher: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args=']).toString().split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, ...args]) => {
      const isOurs = Number(ppid) === launcher;
      return isOurs && args.join(' ').includes(`services/${service}/src/main.ts`);
    })
    .map(([pid]) => Number(pid));
}

/** Runs the command; `said` grows while it runs. */
function rotates() {
  const told = { said: '', ended: false, status: undefined as number | null | undefined };
  const options = ['--data', data, '--wait', '--retire-after', String(RETIRE_SECONDS)];
  const child = start([`${scripts}/rotate-keys`, ...options], (text) => {
    told.said += text;
  });
  child.once('close', (status) => Object.assign(told, { ended: true, status }));
  return { child, told };
}
const isAt = (step: number, { said, ended }: { said: string; ended: boolean }) =>
  ended || said.includes(`${step}. `);

const signer = () => readKeyTable(join(data, 'keys')).keys.find(({ phase }) => phase === 'signing');
const kids = () => readKeyTable(join(data, 'keys')).keys.map(({ kid }) => kid);

/** What a good token of the key gets at the gateway. */
async function asks(key: PlatformKey, tenant_id: string): Promise<number> {
  const token = tokenWith(key, { tenant_id, roles: ['owner'] });
  return (await call({ method: 'GET', path: 'clients/clients', token })).status;
}

async function twiceUnderLoad(tenant_id: string): Promise<void> {
  const load = await startLoad(BUSINESSES);
  for (const round of ['first', 'second']) {
    const old = platformKey(data);
    const { told } = rotates();
    await until('The end of the rotation', () => told.ended);
    for (const line of told.said.trim().split('\n')) note(line);
    check(`the ${round} rotation comes to its end`, told.status === 0, told.said);
    check(`the ${round} rotation has another key sign`, signer()?.kid !== old.kid);
    check(`and the one before is gone`, !kids().includes(old.kid) && kids().length === 1);
    // The gateway hears of it a moment after the table, and the services within a minute.
    const removed_at = performance.now();
    let status = await asks(old, tenant_id);
    while (status === 200 && performance.now() - removed_at < MINUTE_MS) {
      status = await asks(old, tenant_id);
    }
    note(`refused ${(performance.now() - removed_at).toFixed(0)} ms after its key was removed`);
    check('a token that the removed key signs is refused', status === 401, String(status));
    const fresh = await asks(platformKey(data), tenant_id);
    check('and one that the new key signs is not', fresh === 200, String(fresh));
  }
  const { requests, refreshes, logins, refused, failed } = await load.stop();
  note(
    `${requests} requests, ${refreshes} refreshes, ${logins} log-ins: ${refused.length} refused`,
  );
  check('nobody is refused while keys rotate', refused.length === 0, refused.slice(0, 5).join());
  check('and nothing else fails', failed.length === 0, failed.slice(0, 5).join());
}

async function withKills(first: Awaited<ReturnType<typeof launch>>) {
  const load = await startLoad(BUSINESSES);
  const old = signer()?.kid ?? '';
  const begun = rotates();
  await until('The first step', () => isAt(1, begun.told));
  process.kill(-(begun.child.pid as number), 'SIGKILL');
  process.kill(first.pid, 'SIGKILL');
  const published = kids().find((kid) => kid !== old);
  check('killed after the first step: the old key still signs', signer()?.kid === old);
  await until(
    'The end of the launcher',
    () => first.child.exitCode !== null || first.child.signalCode !== null,
  );
  const second = await launch();
  const again = rotates();
  await until('The third step', () => isAt(3, again.told));
  for (const pid of pidsOf('auth', second.pid)) process.kill(pid, 'SIGKILL');
  process.kill(-(again.child.pid as number), 'SIGKILL');
  check('run again it goes on with the key that was published', signer()?.kid === published);
  await until('The end of the old key', () => !kids().includes(old));
  check('the platform removes the old key by itself', kids().length === 1);
  // After a kill the load is to have come to rest: with new tokens, from what lives again.
  await setTimeout(3_000);
  const before = load.tally.requests;
  await until('More requests', () => load.tally.requests > before + 100);
  const { requests, refused, failed } = await load.stop();
  note(
    `${requests} requests around kills: ${failed.length} found nobody, ${refused.length} refused`,
  );
  check('nobody is refused, whatever is killed', refused.length === 0, refused.slice(0, 5).join());
  return second;
}

stopOnSignals(1);
try {
  const first = await launch();
  const { body } = await call({ method: 'POST', path: 'auth/signup', body: signUpBody() });
  await twiceUnderLoad(body.tenant.id);
  const second = await withKills(first);
  await stop(second.child);
} finally {
  await stopAll();
  const { postgres_home } = readOptions(['--data', data]);
  for (const path of [postgres_home, folder]) rmSync(path, { recursive: true, force: true });
}
finish();
