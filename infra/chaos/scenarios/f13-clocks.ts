import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { call, ok } from '../../../scripts/e2e/lib/http.ts';
import { anOffice, type Office } from '../../../scripts/e2e/lib/office.ts';
import { holdsWithin } from '../../../scripts/waiting.ts';
import { nextAddress } from '../addresses.ts';
import { confirmedWithin, payableCharters, pays, told } from '../payable.ts';
import type { Platform } from '../platform.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { severally, tripAt } from '../trips.ts';

const FIVE_MINUTES_MS = 300_000;
/** How far a token's time may be off; the gateway and the services allow no more. */
const LEEWAY_SECONDS = 60;
/** Auth is the last: whoever got a token of the future from it is refused until then. */
const VICTIMS = ['bookings-1', 'clients-1', 'payments-1', 'auth-1'];
const SEEN_MS = 500;
const CONFIRMED_MS = 60_000;

const offsetFile = (scratch: string, process: string) => join(scratch, `offset-${process}`);

function clockModule(scratch: string, process: string): string {
  const module = pathToFileURL(join(import.meta.dirname, '../clock.ts'));
  module.searchParams.set('offset', offsetFile(scratch, process));
  return module.href;
}

/** What an access token says of its own times, and where it is taken. */
async function tokenOf(platform: Platform, office: Office) {
  const [auth_1 = ''] = platform.addresses.AUTH_URL?.split(',') ?? [];
  const answer = await fetch(`${auth_1}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': nextAddress() },
    body: JSON.stringify(office.owner),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const [, claims = ''] = token.split('.');
  const { nbf, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  const now = Date.now() / 1_000;
  const { status } = await call({ method: 'GET', path: 'clients/clients', token });
  const [direct = ''] = platform.addresses.CLIENTS_URL?.split(',') ?? [];
  const headers = { authorization: `Bearer ${token}` };
  const behind = await fetch(`${direct}/clients`, { headers });
  await behind.arrayBuffer();
  return { early_seconds: nbf - now, left_seconds: exp - now, statuses: [status, behind.status] };
}

async function tokensOf({ platform, check }: Stage, office: Office, name: string): Promise<void> {
  const { early_seconds, left_seconds, statuses } = await tokenOf(platform, office);
  const wanted = early_seconds > 0 ? 401 : 200;
  const fits = statuses.every((status) => status === wanted);
  check(`${name}: a token of the future is refused, and no other`, fits, String(statuses));
  const detail = `${left_seconds.toFixed()} s`;
  const lives = early_seconds > 0 || left_seconds <= 900 + LEEWAY_SECONDS;
  check(`${name}: no token that is taken lives longer than it should`, lives, detail);
}

/** Changed by both instances in turn, one of whose clocks is wrong: copies have the last word. */
async function changesOf({ platform, check }: Stage, office: Office, name: string): Promise<void> {
  const { token } = office;
  const path = 'clients/clients';
  const made = await ok({ method: 'POST', path, token, body: { name: 'Before' } });
  const urls = platform.addresses.CLIENTS_URL?.split(',') ?? [];
  const last = `After ${randomUUID()}`;
  const names = ['First', 'Second', 'Third', 'Fourth', last];
  for (const [turn, changed] of names.entries()) {
    const answer = await fetch(`${urls[turn % urls.length]}/clients/${made.body.id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: changed }),
    });
    const body = await answer.text();
    // Whoever's clock is late refuses the token; the other instance then has the last word.
    check(`${name}: a change is made or refused`, [200, 401].includes(answer.status), body);
  }
  const copied = async () => {
    const rows = await platform.rows<{ equal: boolean }>(
      `SELECT c.version = b.version AS equal FROM clients.clients c
       JOIN bookings.clients b ON b.tenant_id = c.tenant_id AND b.id = c.id WHERE c.id = $1`,
      [made.body.id],
    );
    return rows[0]?.equal === true;
  };
  const took = await holdsWithin(CONFIRMED_MS, copied);
  check(`${name}: the copy has the last word`, took !== undefined);
}

/** A day's hours one by one; the hour that a clock skips is no trip. */
async function day(stage: Stage, date: string, time_zone: string, hours: number): Promise<void> {
  const { platform, check } = stage;
  const office = await anOffice({ from: nextAddress() });
  const start = Temporal.PlainDateTime.from(`${date}T00:00`);
  const text = (time: Temporal.PlainDateTime) => time.toString({ smallestUnit: 'minute' });
  const wanted = Array.from({ length: 24 }, (_, hour) => {
    const [from, to] = [start.add({ hours: hour }), start.add({ hours: hour + 1 })];
    return {
      client_id: office.client_id,
      ...tripAt({ from: text(from), to: text(to), time_zone }),
    };
  });
  const answers = await severally(wanted, (body) => {
    const { token } = office;
    return call({ method: 'POST', path: 'charters/charters', token, key: randomUUID(), body });
  });
  const skipped = answers.filter(({ body }) => body?.code === 'span_invalid').length;
  const [row] = await platform.rows<{ trips: number; hours: number; overlaps: number }>(
    `SELECT count(*)::int AS trips,
       (extract(epoch FROM sum(ends_at - starts_at)) / 3600)::float8 AS hours,
       (SELECT count(*)::int FROM bookings.charters a JOIN bookings.charters b
         ON a.tenant_id = b.tenant_id AND a.id < b.id
         AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at WHERE a.tenant_id = $1) AS overlaps
     FROM bookings.charters WHERE tenant_id = $1`,
    [office.tenant_id],
  );
  const gap = hours === 23 ? 1 : 0;
  const fits = row?.trips === 24 - gap && row.hours === hours && row.overlaps === 0;
  const detail = `${told(answers)}; ${JSON.stringify(row)}`;
  check(`${date} in ${time_zone} has ${hours} hours`, fits && skipped === gap, detail);
}

async function run(stage: Stage): Promise<void> {
  const { platform, seconds, pause, fault, check, figure, load } = stage;
  await day(stage, '2027-03-14', 'America/New_York', 23);
  await day(stage, '2027-03-28', 'Europe/Berlin', 23);
  await day(stage, '2027-11-07', 'America/New_York', 25);
  await day(stage, '2027-03-14', 'Europe/Berlin', 24);
  const calm = await payableCharters(VICTIMS.length * 2);
  let refused = 0;
  for (const [number, victim] of VICTIMS.entries()) {
    for (const [turn, sign] of [-1, 1].entries()) {
      const name = `${victim} is five minutes ${sign < 0 ? 'late' : 'early'}`;
      const future = victim === 'auth-1' && sign > 0;
      const also = ({ status }: { status: number }) => status === 401;
      const after_ms = future ? FIVE_MINUTES_MS : 5_000;
      const began_ms = load.now_ms();
      await fault(name, { also, after_ms }, async () => {
        writeFileSync(offsetFile(platform.scratch, victim), String(sign * FIVE_MINUTES_MS));
        await pause(SEEN_MS);
        const charter = calm.charters[2 * number + turn];
        if (charter !== undefined) await pays(charter);
        if (victim === 'clients-1') await changesOf(stage, calm.office, name);
        if (victim === 'auth-1') await tokensOf(stage, calm.office, name);
        await pause((seconds * 1_000) / (2 * VICTIMS.length));
        writeFileSync(offsetFile(platform.scratch, victim), '0');
        await pause(SEEN_MS);
      });
      const failed = load.outcomes.filter(
        ({ at_ms, status }) => at_ms >= began_ms && (status === 0 || status >= 500),
      );
      check(`${name}: nothing breaks`, failed.length === 0, JSON.stringify(failed.slice(0, 3)));
      refused += load.outcomes.filter(
        ({ at_ms, status }) => at_ms >= began_ms && status === 401,
      ).length;
    }
  }
  const took = await confirmedWithin(CONFIRMED_MS, platform, calm.charters);
  check('every deposit that was paid confirms its charter', took !== undefined);
  figure('refused for their time', String(refused));
}

export const scenario: Scenario = {
  id: 'F13',
  sentence: 'The clock of one process is five minutes off; days have 23 hours and 25.',
  needs: {
    instances: 2,
    label: 'clocks',
    preloads: (scratch) =>
      Object.fromEntries(VICTIMS.map((name) => [name, [clockModule(scratch, name)]])),
  },
  run,
};
