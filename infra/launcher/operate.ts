/**
 * Runs one of auth's commands for the operator against a running embedded platform, with what auth
 * itself is told: `operate.ts link|tenant [--data DIR] ARGUMENT …`. Where COMPOSE_FILE names the
 * files of a composed one, and none runs on DIR, in its container of auth.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { roleUrl } from '../database/roles.ts';
import { repository } from '../database/services.ts';
import { DATABASE } from './processes.ts';
import { loadState } from './state.ts';

const [command = '', ...rest] = process.argv.slice(2);
const at = rest.indexOf('--data');
const [, named] = at === -1 ? [] : rest.splice(at, 2);
const data = resolve(named || process.env.DATA_DIR || join(repository, '.roundhouse'));
const addresses = join(data, 'addresses');

function inContainer(): never {
  const main = `services/auth/src/operator/${command}.ts`;
  const args = ['compose', 'exec', '-T', 'auth', 'node', main, ...rest];
  const { status } = spawnSync('docker', args, { cwd: repository, stdio: 'inherit' });
  process.exit(status ?? 1);
}

if (!existsSync(addresses)) {
  if (process.env.COMPOSE_FILE !== undefined) inContainer();
  process.stderr.write(`No platform runs on ${data}: scripts/start\n`);
  process.exit(1);
}
const [, gateway_url] = /^GATEWAY_URL=(.+)$/m.exec(readFileSync(addresses, 'utf8')) ?? [];
const state = loadState(data);
const server = `postgres://postgres@127.0.0.1:${state.postgres_port}`;
const { status } = spawnSync(
  process.execPath,
  [join(repository, `services/auth/src/operator/${command}.ts`), ...rest],
  {
    stdio: 'inherit',
    env: {
      PATH: process.env.PATH,
      ROUNDHOUSE_MODE: 'embedded',
      DATABASE_URL: roleUrl(server, DATABASE, 'auth_app', state.roles_secret),
      PUBLIC_URL: `${gateway_url}/api/v1`,
      INVITATION_LINK_KEY: state.invitation_link_key,
      RESET_LINK_KEY: state.reset_link_key,
      VERIFICATION_LINK_KEY: state.verification_link_key,
    },
  },
);
process.exit(status ?? 1);
