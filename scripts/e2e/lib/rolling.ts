/**
 * F16 of the reliability catalogue: a rolling restart of all services under an open loop of
 * requests, which are sent when their time has come, whatever became of those before. Reads and
 * writes with and without a key, at every service; none may fail, and what was acknowledged exists.
 */
import { setTimeout } from 'node:timers/promises';
import { type Platform, startPlatform } from '../../test-platform.ts';
import { run, stopAll } from '../../test-processes.ts';
import { call } from './http.ts';
import { anOffice, type Office } from './office.ts';
import { anyRequest, type Kept, settled } from './rolling-mix.ts';
import { check, finish } from './tap.ts';

const FULL = process.env.FULL === '1';
const PER_SECOND = 100;
/** As many at the least; it goes on for as long as the restart takes. */
const REQUESTS = FULL ? 12_000 : 2_000;
/** Limits at the edge count by token. */
const OFFICES = 20;
/** In the short run who holds idle connections has less time to let them go. */
const DRAIN_MS = FULL ? 10_000 : 2_000;
/** Before and after the restart the load is the same. */
const AROUND_MS = 2_000;
const STOP_PATIENCE_MS = 40_000;

const scripts = `${import.meta.dirname}/../..`;
const say = (text: string) => process.stdout.write(`# ${text}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void stopAll(STOP_PATIENCE_MS).then(() => process.exit(1)));
}

interface Outcome {
  status: number;
  what: string;
  code: unknown;
  /** From the time at which it was to be sent. */
  took_ms: number;
  /** Since the beginning of the load. */
  at_ms: number;
}

/** Sends until `done`, and so many at the least; resolves when the last is answered. */
async function openLoop(offices: Office[], kept: Kept[], done: () => boolean): Promise<Outcome[]> {
  const began = performance.now();
  const outcomes: Promise<Outcome>[] = [];
  for (let number = 0; number < REQUESTS || !done(); number += 1) {
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

const percentile = (sorted: number[], part: number) =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(0);

function report(outcomes: Outcome[], restart: string): void {
  const failed = outcomes.filter(({ status }) => status < 200 || status >= 300);
  for (const { at_ms, what, status, code } of failed.slice(0, 20)) {
    say(`failed at ${(at_ms / 1_000).toFixed(2)} s: ${what}: ${status} ${code ?? ''}`);
  }
  const times = outcomes.map(({ took_ms }) => took_ms).sort((one, other) => one - other);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => percentile(times, part));
  const worst = percentile(times, 1);
  say(`restart: ${restart}`);
  say(`${outcomes.length} requests at ${PER_SECOND}/s: ${failed.length} failed`);
  say(`from the intended start: p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, worst ${worst} ms`);
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
  const outcomes = await openLoop(offices, kept, () => over);
  return { outcomes, restart: await restarted };
}

async function judge({ addresses }: Platform, offices: Office[], kept: Kept[]): Promise<void> {
  const { missing, doubled } = await settled(offices, kept);
  say(`${kept.length} acknowledged writes: ${missing} missing, ${doubled} doubled`);
  check('every acknowledged write exists', missing === 0 && kept.length > REQUESTS / 5);
  check('no write took effect twice', doubled === 0);
  const { status, output } = await run([process.execPath, `${scripts}/verify.ts`], addresses);
  const broken = output.split('\n').filter((line) => line.startsWith('not ok'));
  for (const line of broken) say(line);
  check('the verdict on the platform is good', status === 0 && broken.length === 0);
}

const platform = await startPlatform(`${scripts}/start`, [
  '--no-demo',
  ...['--instances', '2'],
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
  await judge(platform, offices, kept);
} finally {
  await platform.stop();
}
finish();
