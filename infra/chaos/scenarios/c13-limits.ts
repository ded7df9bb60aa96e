import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { hasRedis, startRedis } from '../../../gateway/test/redis-server.ts';
import { Cleanup } from '../../../gateway/test/support.ts';
import { call } from '../../../scripts/e2e/lib/http.ts';
import { anOffice } from '../../../scripts/e2e/lib/office.ts';
import { holdsWithin } from '../../../scripts/waiting.ts';
import { repository } from '../../database/services.ts';
import { freePorts } from '../../launcher/ports.ts';
import { nextAddress } from '../addresses.ts';
import type { Platform } from '../platform.ts';
import type { Scenario, Stage } from '../scenario.ts';

const CONNECTIONS = 50;
/** As `kong.yml` has it for tables of clients, by token, and for a service's health, by address. */
const IMPORTS_A_MINUTE = 60;
const HEALTH_A_MINUTE = 600;
const MINUTE_MS = 60_000;
const READY_MS = 30_000;

/** How the requests were answered, and in how many windows of the calendar they fell. */
async function storm(each: number, ask: (turn: number) => Promise<number>) {
  const first = Math.floor(Date.now() / MINUTE_MS);
  const seen = new Map<number, number>();
  const caller = async (index: number) => {
    for (let turn = 0; turn < each; turn += 1) {
      const status = await ask(index * each + turn);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => caller(index)));
  const all = [...seen].map(([status, count]) => `${count} x ${status}`).join(', ');
  // What got no answer may have passed.
  const passed = CONNECTIONS * each - (seen.get(429) ?? 0);
  return { passed, all, windows: Math.floor(Date.now() / MINUTE_MS) - first + 1 };
}

async function oneGateway({ check, figure }: Stage): Promise<void> {
  const { token } = await anOffice({ from: nextAddress() });
  const { passed, all, windows } = await storm(6, async () => {
    const path = 'clients/imports';
    return (await call({ method: 'POST', path, token, body: 'not a table\n' })).status;
  });
  const most = IMPORTS_A_MINUTE * windows;
  const fits = passed <= most && passed >= IMPORTS_A_MINUTE;
  check('of fifty connections as many requests pass as the limit says', fits, all);
  figure('passed', `${passed}`, `${most}`);
}

interface Door {
  url: string;
  child: ChildProcess;
}

/** One more gateway to the same services, which counts in Redis. */
function gateway(platform: Platform, ports: [number, number], config: string): Door {
  const { addresses, services, scratch } = platform;
  const [port, admin_port] = ports;
  const upstreams = services.map((name) => {
    const urls = addresses[`${name.toUpperCase()}_URL`]?.split(',') ?? [];
    return `${name}:3000=${urls.map((url) => new URL(url).host).join('|')}`;
  });
  const child = spawn(process.execPath, [join(repository, 'gateway/src/main.ts')], {
    env: {
      ...{ PATH: process.env.PATH, GATEWAY_CONFIG: config, GATEWAY_PORT: String(port) },
      ...{ GATEWAY_ADMIN_PORT: String(admin_port), GATEWAY_UPSTREAMS: upstreams.join(',') },
      LOG_FILE: join(scratch, `gateway-${port}.log`),
    },
    stdio: 'ignore',
  });
  return { url: `http://127.0.0.1:${port}/api/v1/auth/health`, child };
}

function limitsInRedis({ addresses, scratch }: Platform, port: number): string {
  const config = parse(readFileSync(join(String(addresses.DATA_DIR), 'kong.yml'), 'utf8'));
  for (const { plugins } of config.services) {
    const limit = plugins.find(({ name }: { name: string }) => name === 'rate-limiting');
    Object.assign(limit.config, { policy: 'redis', redis: { host: '127.0.0.1', port } });
  }
  const file = join(scratch, 'kong-redis.yml');
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return file;
}

const statusOf = (url: string) =>
  fetch(url).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.status;
    },
    () => 0,
  );

async function twoGateways({ platform, check, figure }: Stage): Promise<void> {
  const cleanup = new Cleanup();
  try {
    const redis = await startRedis(cleanup);
    const config = limitsInRedis(platform, redis.port);
    const nextPort = freePorts();
    const doors: Door[] = [];
    for (let number = 0; number < 2; number += 1) {
      const door = gateway(platform, [await nextPort(), await nextPort()], config);
      cleanup.add(async () => {
        const ended = once(door.child, 'exit');
        if (door.child.kill('SIGTERM')) await ended;
      });
      doors.push(door);
    }
    for (const { url } of doors)
      await holdsWithin(READY_MS, async () => (await statusOf(url)) !== 0);
    const { passed, all, windows } = await storm(40, (turn) =>
      statusOf(doors[turn % 2]?.url ?? ''),
    );
    const most = HEALTH_A_MINUTE * windows;
    // One for each was used up by our asking whether they are up.
    const fits = passed <= most && passed >= HEALTH_A_MINUTE - doors.length;
    check('two gateways with one Redis let through as many as one', fits, all);
    figure('passed by two', `${passed} (${all})`, `${most}`);
  } finally {
    await cleanup.run();
  }
}

async function run(stage: Stage): Promise<void> {
  await oneGateway(stage);
  if (hasRedis()) await twoGateways(stage);
  else stage.figure('two gateways', 'skipped: no redis-server is installed');
}

export const scenario: Scenario = {
  id: 'C13',
  sentence:
    'Fifty connections ask for more than the limit, at one gateway and at two with one Redis.',
  per_second: 20,
  run,
};
