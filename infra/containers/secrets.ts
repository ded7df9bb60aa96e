/**
 * Makes what an installation in containers keeps for itself, one file a secret, and `.env`, which
 * tells compose where they are: `scripts/compose-secrets`. What is there already stays as it is, so
 * after an upgrade it only adds what is new.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, fromCommandLine } from '../command-line.ts';
import { roleUrl } from '../database/roles.ts';
import { repository, serviceFolders } from '../database/services.ts';
import { writeWhole } from '../launcher/write-whole.ts';

const USAGE = `scripts/compose-secrets --demo [--env FILE] [DIR]
STRIPE_SECRET_KEY=… STRIPE_WEBHOOK_SECRET=… scripts/compose-secrets --public-url URL [DIR]`;

const DATABASE = 'roundhouse';

const random = () => randomBytes(32).toString('base64url');
/** A name of letters and digits alone, as Stripe's are. */
const plain = () => random().replaceAll(/[-_]/g, 'x');

/** What is random and nobody's but ours. */
const OWN = [
  'postgres_password',
  'roles_secret',
  'rabbitmq_password',
  'redis_password',
  'quote_link_key',
  'payment_link_key',
  'invitation_link_key',
  'reset_link_key',
  'verification_link_key',
  'sealing_key',
];
/** What the provider gives; in the demo the emulator takes any. */
const STRIPE = { stripe_secret_key: 'sk_test_', stripe_webhook_secret: 'whsec_' };

/** What follows from the others, and is written anew each time. */
function derived(secrets: Map<string, string>): [string, string][] {
  const of = (name: string) => secrets.get(name) ?? '';
  const server = `postgres://postgres:${of('postgres_password')}@postgres:5432`;
  const role = (name: string) => roleUrl(server, DATABASE, name, of('roles_secret'));
  const roles = serviceFolders().flatMap(({ name }) => [`${name}_app`, `${name}_worker`]);
  const rabbitmq = of('rabbitmq_password');
  const redis = of('redis_password');
  return [
    ['postgres_url', `${server}/${DATABASE}`],
    ...roles.map((name): [string, string] => [`${name}_url`, role(name)]),
    ['rabbitmq_url', `amqp://roundhouse:${rabbitmq}@rabbitmq:5672/roundhouse`],
    ['rabbitmq_conf', `default_user = roundhouse\ndefault_pass = ${rabbitmq}`],
    ['redis_url', `redis://:${redis}@redis:6379`],
    ['redis_conf', `requirepass ${redis}`],
  ];
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      demo: { type: 'boolean', default: false },
      'public-url': { type: 'string' },
      /** What compose reads by itself, unless said. */
      env: { type: 'string', default: join(repository, '.env') },
    },
  });
  const { demo, env } = values;
  const public_url = values['public-url'] ?? (demo ? 'http://localhost:8080/api/v1' : undefined);
  const [folder = join(repository, '.roundhouse/secrets')] = positionals;
  return { demo, public_url, env, folder: resolve(folder) };
}

const { demo, public_url, env, folder } = fromCommandLine(readOptions, USAGE);
const file = (name: string) => join(folder, name);
const known = (name: string) =>
  existsSync(file(name)) ? readFileSync(file(name), 'utf8').trim() : undefined;

const secrets = new Map(OWN.map((name) => [name, known(name) ?? random()]));
const missing = public_url === undefined ? ['--public-url'] : [];
for (const [name, prefix] of Object.entries(STRIPE)) {
  const variable = name.toUpperCase();
  const value = known(name) ?? process.env[variable] ?? (demo ? prefix + plain() : undefined);
  if (value === undefined) missing.push(variable);
  else secrets.set(name, value);
}
if (missing.length > 0) fail(`${missing.join(', ')}: not given\n${USAGE}`, 2);

// The folder keeps others out. The files are mounted one by one, and read by other users in there.
mkdirSync(folder, { recursive: true, mode: 0o700 });
chmodSync(folder, 0o700);
for (const [name, value] of [...secrets, ...derived(secrets)]) {
  writeWhole(file(name), `${value}\n`, 0o444);
}
const settings = [
  '# Made by scripts/compose-secrets; read by docker compose.',
  `ROUNDHOUSE_SECRETS=${folder}`,
  `PUBLIC_URL=${public_url}`,
];
writeWhole(env, `${settings.join('\n')}\n`);
process.stdout.write(`${secrets.size} secrets in ${folder}, which ${env} names\n`);
