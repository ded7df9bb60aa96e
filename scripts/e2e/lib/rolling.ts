/**
 * F16 of the reliability catalogue: a rolling restart of all services under an open loop of
 * requests, which are sent when their time has come, whatever became of those before. Reads and
 * writes with and without a key, at every service; none may fail, and what was acknowledged exists.
 */
import { setTimeout } from 'node:timers/promises';
import { latenciesOf } from '../../../infra/bench/statistics.ts';
import { serviceFolders } from '../../../infra/database/services.ts';
import { type Platform, startPlatform } from '../../test-platform.ts';
import { run, stopOnSignals } from '../../test-processes.ts';
import { call } from './http.ts';
import { anOffice, type Office } from './office.ts';
import { killHard } from './processes.ts';
import { anyRequest, type Kept, settled } from './rolling-mix.ts';
import { check, finish, note } from './tap.ts';

const FULL = process.env.FULL === '1';
/** Half of it in the short run, whose machine has other things to do at the same time. */
const PER_SECOND = FULL ? 100 : 50;
/** As many at the least; it goes on for as long as the restart takes. */
const REQUESTS = FULL ? 12_000 : 1_000;
const REQUESTS_AROUND_A_KILL = 200;
const INSTANCES = 2;
const SERVICES = serviceFolders().map(({ name }) => name);
/** Limits at the edge count by token. */
const OFFICES = 20;
/** In the short run who holds idle connections has less time to let them go. */
const DRAIN_MS = FULL ? 10_000 : 2_000;
/** Before and after the restart the load is the same. */
const AROUND_MS = 2_000;
const READY_DEADLINE_MS = 30_000;

const scripts = `${import.meta.dirname}/../..`;

stopOnSignals(1);

interface Outcome {
  status: number;
  what: string;
  code: unknown;
  /** From the time at which it was to be sent. */
  took_ms: number;
  /** Since the beginning of the load. */
  at_ms: number;
}

interface Load {
  offices: Office[];
  kept: Kept[];
  /** Requests at the least. */
  least: number;
  done: () => boolean;
}

/** Sends until `done`, and so many at the least; resolves when the last is answered. */
async function openLoop({ offices, kept, least, done }: Load): Promise<Outcome[]> {
  const began = performance.now();
  const outcomes: Promise<Outcome>[] = [];
  for (let number = 0; number < least || !done(); number += 1) {
    const due_ms = (number * 1_000) / PER_SECOND;
    const wait_ms = began + due_ms - performance.now();
    if (wait_ms > 0) await setTimeout(wait_ms);
    const { what, request, keep } = anyRequest(number, offices, kept);
    const outcome = async (): Promise<Outcome> => {
      const { status, body } = await call(request);
      if (status >= 200 && status < 300) keep?.(body);
      const took_ms = performance.now() - began - due_ms;
      return { status, what, code: body?.code, took_ms, at_ms: due_ms };
    };
    outcomes.push(outcome());
  }
  return Promise.all(outcomes);
}

const failedOf = (outcomes: Outcome[]) =>
  outcomes.filter(({ status }) => status < 200 || status >= 300);

function report(outcomes: Outcome[], restart: string): void {
  const failed = failedOf(outcomes);
  for (const { at_ms, what, status, code } of failed.slice(0, 20)) {
    note(`failed at ${(at_ms / 1_000).toFixed(2)} s: ${what}: ${status} ${code ?? ''}`);
  }
  const times = latenciesOf(outcomes.map(({ took_ms }) => took_ms));
  const [p50, p95, p99, worst] = Object.values(times).map((ms: number) => ms.toFixed(0));
  note(`restart: ${restart}`);
  note(`${outcomes.length} requests at ${PER_SECOND}/s: ${failed.length} failed`);
  note(`from the intended start: p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, worst ${worst} ms`);
  check('no request fails while all services restart', failed.length === 0);
}

async function restartUnderLoad(data: string, offices: Office[], kept: Kept[]) {
  let over = false;
  const restarting = async () => {
    await setTimeout(AROUND_MS);
    const { output } = await run([`${scripts}/restart`, data]);
    await setTimeout(AROUND_MS);
    return output.trim();
  };
  const restarted = restarting().finally(() => {
    over = true;
  });
  const outcomes = await openLoop({ offices, kept, least: REQUESTS, done: () => over });
  return { outcomes, restart: await restarted };
}

/** Charters are an area of bookings. */
const serviceOf = ({ what }: Outcome) =>
  what.split(' ')[1]?.split('/')[0]?.replace('charters', 'bookings');

/** One of two processes dies without a word, and the other services' routes know nothing of it. */
async function killOneOf(service: string, offices: Office[], kept: Kept[]): Promise<void> {
  const load = openLoop({ offices, kept, least: REQUESTS_AROUND_A_KILL, done: () => true });
  await setTimeout(AROUND_MS / 4);
  const killed = killHard(service);
  const failed = failedOf(await load);
  const strangers = failed.filter((outcome) => serviceOf(outcome) !== service);
  const told = strangers.map(({ what, status, code }) => `${what}: ${status} ${code}`).join('; ');
  note(`${service} killed: ${failed.length} of ${REQUESTS_AROUND_A_KILL} requests failed`);
  check(`kill -9 of one ${service} fails no other service's route`, strangers.length === 0, told);
  check(`one ${service} was there to be killed`, killed);
  await allReady(service);
}

const urlsOf = (service: string) => String(process.env[`${service.toUpperCase()}_URL`]).split(',');

async function allReady(service: string): Promise<void> {
  const isReady = (url: string) =>
    fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  const deadline = performance.now() + READY_DEADLINE_MS;
  while (!(await Promise.all(urlsOf(service).map(isReady))).every(Boolean)) {
    if (performance.now() > deadline) throw new Error(`${service} does not come up again.`);
    await setTimeout(100);
  }
}

/** What the processes tell of themselves is for who stands beside them, not for who comes in. */
async function isPrivate(service: string, { token }: Office): Promise<void> {
  const asked = ['metrics', 'health/ready'].flatMap((path) => [
    call({ method: 'GET', path: `${service}/${path}`, token }),
    call({ method: 'GET', path: `${service}/${path}` }),
  ]);
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  const beside = await Promise.all(urlsOf(service).map((url) => fetch(`${url}/metrics`)));
  const open = beside.every(({ ok }) => ok) && beside.length === INSTANCES;
  const shut = statuses.join() === '404,401,404,401';
  check(`the metrics of ${service} are told beside it, and not through the gateway`, open && shut);
}

async function verdict({ addresses }: Platform): Promise<void> {
  const { status, output } = await run([process.execPath, `${scripts}/verify.ts`], addresses);
  const broken = output.split('\n').filter((line) => line.startsWith('not ok'));
  for (const line of broken) note(line);
  check('the verdict on the platform is good', status === 0 && broken.length === 0);
}

const platform = await startPlatform(`${scripts}/start`, [
  '--no-demo',
  ...['--instances', String(INSTANCES)],
  ...['--drain-ms', String(DRAIN_MS)],
]);
try {
  const { addresses } = platform;
  Object.assign(process.env, addresses);
  const offices: Office[] = [];
  for (let number = 0; number < OFFICES; number += 1) offices.push(await anOffice());
  const kept: Kept[] = [];
  const { outcomes, restart } = await restartUnderLoad(String(addresses.DATA_DIR), offices, kept);
  check('the restart of all services comes to its end', restart.startsWith('ok'), restart);
  report(outcomes, restart);
  const { missing, doubled } = await settled(offices, kept);
  note(`${kept.length} acknowledged writes: ${missing} missing, ${doubled} doubled`);
  check('every acknowledged write exists', missing === 0 && kept.length > REQUESTS / 5);
  check('no write took effect twice', doubled === 0);

  for (const service of SERVICES) await killOneOf(service, offices, kept);
  for (const service of SERVICES) await isPrivate(service, offices[0] as Office);
  const after = await settled(offices, kept);
  check('nothing acknowledged is lost by the kills', after.missing === 0);
  await verdict(platform);
} finally {
  await platform.stop();
}
finish();
