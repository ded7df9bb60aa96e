/**
 * F19: the gateway reloads its configuration under load, also a wrong one. 12,000 requests in 48 s
 * (250/s, open loop, so that the suite stays under a minute): most with a token, which are to
 * succeed, the others with none or a forged one, which are to end at the gateway.
 */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parse } from 'yaml';
import { type Answer, call, ok, until } from './http.ts';
import { changedKong, letsEverybodyIn, withoutTokens } from './kong-files.ts';
import { signUpBody } from './office.ts';
import { pidOf } from './processes.ts';
import { check, finish } from './tap.ts';

const REQUESTS = 12_000;
const PER_SECOND = 250;
const RELOAD_MS = 1_000;
const MAY_FAIL = 10;
/** Each business' requests stay well under what its plan and its token may ask in a minute. */
const BUSINESSES = 16;

const data = process.env.DATA_DIR;
const gateway = pidOf('gateway');
if (data === undefined || gateway === undefined) throw new Error('The gateway is not to be found.');
const file = join(data, 'kong.yml');
const log = join(data, 'logs/gateway.log');
const original = readFileSync(file, 'utf8');

function load(text: string): void {
  writeFileSync(`${file}.e2e`, text, { mode: 0o600 });
  renameSync(`${file}.e2e`, file);
  process.kill(gateway as number, 'SIGHUP');
}

const told = (event: string) => readFileSync(log, 'utf8').split(`"event":"${event}"`).length - 1;

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = publicKey.export({ type: 'spki', format: 'pem' });

const changed = (change: Parameters<typeof changedKong>[1]) => changedKong(original, change);

const goodFiles = [
  original,
  changed((kong) => {
    kong.consumers[0].jwt_secrets.push({ key: 'next', algorithm: 'RS256', rsa_public_key: pem });
  }),
  changed((kong) => {
    for (const service of kong.services) service.read_timeout = 29_000;
  }),
];
const badFiles = [
  letsEverybodyIn(original),
  `${original}\nservices: [`,
  changed((kong) => {
    kong.consumers[0].jwt_secrets[0].rsa_public_key = 'no key';
  }),
];

const tokens = await Promise.all(
  Array.from({ length: BUSINESSES }, async (_, i) => {
    const from = `127.19.1.${i + 1}`;
    const body = signUpBody();
    return (await ok({ method: 'POST', path: 'auth/signup', body, from })).body
      .access_token as string;
  }),
);
const me = (token: string | undefined) => call({ method: 'GET', path: 'auth/me', token });
const [model = ''] = tokens;
await until({ method: 'GET', path: 'auth/me', token: model }, ({ status }) => status === 200);

const [header = '', claims = '', signature = ''] = model.split('.');
const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
const headerOf = (alg: string) =>
  Buffer.from(JSON.stringify({ alg, typ: 'JWT', kid })).toString('base64url');
const byStranger = sign('RSA-SHA256', Buffer.from(`${header}.${claims}`), privateKey);
const known = parse(original).consumers[0].jwt_secrets[0].rsa_public_key;
const byPublicKey = createHmac('sha256', known)
  .update(`${headerOf('HS256')}.${claims}`)
  .digest();
/** Each would pass a gateway that forgot one of its questions. */
const forged: (string | undefined)[] = [
  undefined,
  `${header}.${claims}.${signature.slice(0, -8)}AAAAAAAA`,
  `${header}.${claims}.${byStranger.toString('base64url')}`,
  `${headerOf('none')}.${claims}.`,
  `${headerOf('HS256')}.${claims}.${byPublicKey.toString('base64url')}`,
];

/** The services verify tokens too: what counts is whether one was asked at all. */
const wentThrough = ({ status, headers }: Answer) =>
  status !== 401 || headers['x-kong-upstream-latency'] !== undefined;

const latencies: number[] = [];
const failures: string[] = [];
const intruders: string[] = [];
const counts = { genuine: 0, forged: 0 };

/** Every fourth request is one that must not pass. */
async function send(number: number, due: number): Promise<void> {
  const kind = Math.floor(number / 4) % forged.length;
  const genuine = number % 4 !== 0;
  const answer = await me(genuine ? tokens[number % BUSINESSES] : forged[kind]);
  if (genuine) {
    counts.genuine += 1;
    latencies.push(performance.now() - due);
    if (answer.status !== 200) failures.push(`${answer.status} ${JSON.stringify(answer.body)}`);
  } else {
    counts.forged += 1;
    // No answer at all is no intrusion, and a failure all the same.
    if (answer.status === 0) failures.push('0');
    else if (wentThrough(answer)) intruders.push(`kind ${kind}: ${answer.status}`);
  }
}

let loading = true;
const loads = { good: 0, bad: 0 };
const before = { good: told('reloaded'), bad: told('reload_refused') };

async function reload(): Promise<void> {
  for (let turn = 0; loading; turn += 1) {
    const wrong = turn % 3 === 1;
    const texts = wrong ? badFiles : goodFiles;
    const kind = wrong ? 'bad' : 'good';
    load(texts[loads[kind] % texts.length] as string);
    loads[kind] += 1;
    await setTimeout(RELOAD_MS);
  }
}

async function drive(): Promise<void> {
  const began = performance.now();
  const running: Promise<void>[] = [];
  while (running.length < REQUESTS) {
    const now = performance.now() - began;
    while (running.length < Math.min(REQUESTS, (now * PER_SECOND) / 1000)) {
      running.push(send(running.length, began + (running.length * 1000) / PER_SECOND));
    }
    await setTimeout(4);
  }
  await Promise.all(running);
  loading = false;
}

try {
  await Promise.all([drive(), reload()]);
  latencies.sort((a, b) => a - b);
  const at = (part: number) =>
    `${latencies[Math.floor((latencies.length - 1) * part)]?.toFixed(1)}`;
  const { good, bad } = loads;
  process.stdout.write(
    `# ${counts.genuine} with a token, ${counts.forged} without or forged; ` +
      `${good} good and ${bad} bad reloads: ${failures.length} failed, ` +
      `${intruders.length} passed unasked; ms from the time due: ` +
      `p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)}\n`,
  );
  check(
    `at most ${MAY_FAIL} of ${REQUESTS} requests fail while the gateway reloads`,
    failures.length <= MAY_FAIL,
    failures.slice(0, 3).join('; '),
  );
  check('none passes without its token', intruders.length === 0, intruders.slice(0, 3).join('; '));
  const taken = told('reloaded') - before.good;
  const refused = told('reload_refused') - before.bad;
  check(
    'every good file was taken, and every bad one refused',
    taken === good && refused === bad,
    `${taken} of ${good} taken, ${refused} of ${bad} refused`,
  );
  // Shows that the checks above can fail: with the door open the same requests are seen inside.
  load(changed(withoutTokens));
  const open = await until({ method: 'GET', path: 'auth/me' }, wentThrough);
  check('with a door that asks for no token the same check sees intruders', wentThrough(open));
} finally {
  load(original);
}
await until({ method: 'GET', path: 'auth/me' }, (answer) => !wentThrough(answer));
check('and the door is shut again', !wentThrough(await me(undefined)));
finish();
