/**
 * Whole orders: inquiry, price, quote, acceptance, deposit by card, webhook, ledger, confirmation.
 * Timed until the last consequence of the last one is in the database.
 */
import { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import * as company from '../../demo/charter-company.ts';
import type { Bench, Row } from '../bench.ts';
import { cpuEach } from '../bench.ts';
import { fire, type Shot } from '../fire.ts';
import type { Platform } from '../platform.ts';
import type { Business } from '../prepare.ts';
import { cpuTimes } from '../processes.ts';
import { addresses } from '../shots.ts';
import { median } from '../statistics.ts';
import { orderReference } from './order-reference.ts';

/** Who has accepted waits for his payment link, so that more are on their way than are served. */
const CALLERS = 50;
/** Between two looks at whether the payment link is there. */
const LOOK_MS = 150;
const DRAIN_DEADLINE_MS = 60_000;
/** Whoever goes on to pay after so long is counted out. */
const PATIENCE_MS = 30_000;

type Json = Record<string, unknown>;

let turn = 0;

/** Whoever calls, from many addresses; throws at the first answer that is not good. */
function callerOf(platform: Platform, agent: Agent) {
  const base = new URL(platform.gateway);
  return async (shot: Shot): Promise<Json> => {
    let text = '';
    turn += 1;
    const localAddress = addresses[turn % addresses.length];
    const status = await fire({ agent, base, localAddress }, shot, (body) => {
      text = body;
    });
    if (status >= 200 && status < 300) return JSON.parse(text);
    throw new Error(`${shot.method} answered ${status}: ${text}`);
  };
}

const lastPart = (url: unknown) => String(url).split('/').at(-1) ?? '';

async function order(call: (shot: Shot) => Promise<Json>, business: Business): Promise<void> {
  business.days += 1;
  const token = business.tokens[business.days % business.tokens.length];
  const headers = { authorization: `Bearer ${token}` };
  const post = (path: string, body: object = {}, as: Record<string, string> = headers) =>
    call({ method: 'POST', path: `/api/v1/${path}`, body: JSON.stringify(body), headers: as });
  const client_id = business.client_ids[business.days % business.client_ids.length];
  const inquiry = { client_id, ...company.trip(0), ...onDay(business.days) };
  const { id } = await post('charters/charters', inquiry);
  const quote = await post(`charters/charters/${id}/quotes`);
  const sent = await post(`charters/quotes/${quote.id}/send`);
  const offer = `charters/public/quotes/${lastPart(sent.public_url)}`;
  const key = { 'idempotency-key': String(quote.id) };
  await post(`${offer}/accept`, { name: 'Pat Principal', terms_accepted: true }, key);
  const gives_up_at = performance.now() + PATIENCE_MS;
  let payment_url: unknown = null;
  while (payment_url === null) {
    await setTimeout(LOOK_MS);
    ({ payment_url } = await call({ method: 'GET', path: `/api/v1/${offer}` }));
    if (performance.now() > gives_up_at) throw new Error('The payment link does not come.');
  }
  const card = { item: 'deposit', payment_method: 'pm_card_visa' };
  await post(`payments/public/links/${lastPart(payment_url)}/pay`, card, key);
}

/** The trip of the demo, so many days later: the coaches are free then. */
function onDay(days: number) {
  const { stops } = company.trip(0);
  const later = (time: string) => Temporal.PlainDateTime.from(time).add({ days }).toString();
  return {
    stops: stops.map((stop) => ({ ...stop, local_time: later(stop.local_time).slice(0, 16) })),
  };
}

/** How many have come to their end, and how many only seem to. */
const SETTLED = `
  SELECT (SELECT count(*) FROM payments.payments WHERE status = 'succeeded')::int AS paid,
    (SELECT count(*) FROM payments.ledger_transactions)::int AS posted,
    (SELECT count(*) FROM payments.provider_events
      WHERE type = 'payment_intent.succeeded')::int AS heard,
    (SELECT count(*) FROM bookings.charters WHERE status = 'confirmed')::int AS confirmed`;

interface Settled {
  paid: number;
  posted: number;
  heard: number;
  confirmed: number;
}

const settled = async ({ db }: Platform) => (await db.query<Settled>(SETTLED)).rows[0] as Settled;

/** Resolves when as many orders as were paid since `before` have all that follows from it. */
async function drained(platform: Platform, before: Settled, orders: number): Promise<void> {
  const deadline = performance.now() + DRAIN_DEADLINE_MS;
  for (;;) {
    const now = await settled(platform);
    const done = Object.entries(now).every(
      ([name, count]) => count - before[name as keyof Settled] >= orders,
    );
    if (done) return;
    if (performance.now() > deadline) throw new Error(`Not settled: ${JSON.stringify(now)}`);
    await setTimeout(50);
  }
}

interface Run {
  per_second: number;
  orders: number;
  failed: string[];
}

async function run(bench: Bench, duration_ms: number): Promise<Run> {
  const { platform, fleet } = bench;
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const before = await settled(platform);
  const failed: string[] = [];
  let orders = 0;
  const began = performance.now();
  const caller = async (_: unknown, number: number) => {
    const call = callerOf(platform, agent);
    while (performance.now() - began < duration_ms) {
      const business = fleet.businesses[number % fleet.businesses.length] as Business;
      try {
        await order(call, business);
        orders += 1;
      } catch (error) {
        failed.push((error as Error).message);
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await drained(platform, before, orders);
  agent.destroy();
  return { per_second: (orders * 1_000) / (performance.now() - began), orders, failed };
}

export const row: Row = {
  name: 'order',
  about: 'whole orders a second, beside Postgres writing the same rows',
  run: async (bench) => {
    const { platform, fleet, runs, quiet, found, say } = bench;
    const duration_ms = bench.run_ms * 2;
    await fleet.stock(0);
    const reference = await orderReference(platform, fleet.businesses[0] as Business, () =>
      order(callerOf(platform, new Agent({ keepAlive: true })), fleet.businesses[0] as Business),
    );
    const rates: number[] = [];
    const bare: number[] = [];
    let foreign_cores = 0;
    for (let turn = 0; turn < runs; turn += 1) {
      await quiet.wait();
      const cpu = cpuTimes(platform.watched);
      const measured = await quiet.run(() => run(bench, duration_ms));
      const { orders, failed, per_second } = measured.result;
      if (turn === 0) {
        const after = cpuTimes(platform.watched);
        bench.diagnose('CPU ms of one whole order', cpuEach(cpu, after, orders));
      }
      if (failed.length > 0) say(`  ${failed.length} orders failed: ${failed[0]}`);
      rates.push(per_second);
      foreign_cores = Math.max(foreign_cores, measured.foreign_cores);
      bare.push(await reference.perSecond(bench.run_ms));
    }
    say(`  an order is ${reference.rows} rows in ${reference.tables} tables`);
    await reference.close();
    found({
      ...{ id: 'order', what: 'whole orders: price, book, pay, webhook, ledger', unit: '/s' },
      figure: median(rates),
      reference: { what: 'bare Postgres, the same rows', figure: median(bare) },
      ...{ goal: { of: 'figure', at_least: 240 }, foreign_cores },
    });
  },
};
