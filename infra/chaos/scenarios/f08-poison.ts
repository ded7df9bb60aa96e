import { rabbitmqTransport } from '@roundhouse/events';
import {
  type DeadLetters,
  postgresDeadLetters,
  rabbitmqDeadLetters,
} from '@roundhouse/events/operator';
import { call } from '../../../scripts/e2e/lib/http.ts';
import { anOffice } from '../../../scripts/e2e/lib/office.ts';
import { holdsWithin } from '../../../scripts/waiting.ts';
import { nextAddress } from '../addresses.ts';
import type { Platform } from '../platform.ts';
import type { Scenario, Stage } from '../scenario.ts';

const EVENTS = 1_000;
const TRIES = 5;
const TAKEN_MS = 30_000;
const TYPE = 'clients.client.created.v1';

/** Of an event, the type alone: nobody can ever make anything of it. */
async function publishNoEvent({ broker, rows }: Platform): Promise<void> {
  const nothing = [{ type: TYPE }];
  if (broker === undefined) {
    await rows('SELECT transport.publish($1)', [JSON.stringify(nothing)]);
    return;
  }
  const transport = rabbitmqTransport({
    ...{ url: broker.url, service: 'chaos', onState: () => undefined },
    topology: async () => ({
      reads: await rows<{ type: string; queue: string }>(
        'SELECT type, queue FROM transport.subscriptions',
      ),
      unbound: [],
    }),
  });
  try {
    const published = await holdsWithin(TAKEN_MS, () =>
      transport.publish(nothing as never).then(
        () => true,
        () => false,
      ),
    );
    if (published === undefined) throw new Error('The broker has not taken it.');
  } finally {
    await transport.close();
  }
}

async function deadLetters({ broker, rows, addresses }: Platform): Promise<DeadLetters> {
  if (broker === undefined) return postgresDeadLetters(String(addresses.DATABASE_URL));
  const readers = await rows<{ queue: string }>(
    'SELECT DISTINCT queue FROM transport.subscriptions',
  );
  return rabbitmqDeadLetters(
    broker.url,
    readers.map(({ queue }) => queue),
  );
}

/** The copy of one client can't be written: its event fails until this is undone. */
async function spoil({ rows }: Platform, name: string): Promise<() => Promise<unknown>> {
  await rows(`CREATE FUNCTION bookings.chaos_poison() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'poison'; END $$`);
  await rows(`CREATE TRIGGER chaos_poison BEFORE INSERT ON bookings.clients FOR EACH ROW
    WHEN (NEW.name = '${name}') EXECUTE FUNCTION bookings.chaos_poison()`);
  return () => rows('DROP FUNCTION bookings.chaos_poison() CASCADE');
}

async function run({ platform, random, fault, check, figure, pause }: Stage): Promise<void> {
  const { token, tenant_id } = await anOffice({ from: nextAddress() });
  const poison = random.below(EVENTS);
  const mend = await spoil(platform, `Row ${poison}`);
  const copies = async () => {
    const [row] = await platform.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM bookings.clients
       WHERE tenant_id = $1 AND name LIKE 'Row %'`,
      [tenant_id],
    );
    return row?.count ?? 0;
  };
  const tries = async () => {
    const [row] = await platform.rows<{ id: string }>(
      `SELECT id FROM clients.outbox WHERE tenant_id = $1 AND data ->> 'name' = $2`,
      [tenant_id, `Row ${poison}`],
    );
    const logs = platform.instancesOf('bookings').map((name) => platform.log(name));
    return logs
      .flatMap((log) => log.split('\n'))
      .filter((line) => line.includes('event_put_back') && line.includes(String(row?.id))).length;
  };
  const letters = await deadLetters(platform);
  try {
    await fault('one event of a thousand fails, and one is none', {}, async () => {
      await publishNoEvent(platform);
      const names = Array.from({ length: EVENTS }, (_, index) => `Row ${index}\n`);
      const body = `name\n${names.join('')}`;
      const sent_at = performance.now();
      const { status } = await call({ method: 'POST', path: 'clients/imports', token, body });
      check('a thousand clients are entered at once', status === 200, String(status));
      await holdsWithin(TAKEN_MS, async () => (await copies()) === EVENTS - 1);
      figure('999 taken in', `${((performance.now() - sent_at) / 1_000).toFixed(1)} s`, '1 s');
      const all = await copies();
      check('all others are taken in', all === EVENTS - 1, `${all} copies`);
      const tried = await holdsWithin(TAKEN_MS, async () => (await tries()) >= TRIES);
      check('the one that fails is tried again and again', tried !== undefined);
    });
    const dead = await letters.list();
    const only = dead.length === 1 && dead[0]?.queue === 'bookings' && dead[0].type === TYPE;
    check('what is no event is a dead letter, and nothing else is', only, JSON.stringify(dead));
    figure('dead letters', String(dead.length), '1');
    await mend();
    const recovered = await holdsWithin(2 * TAKEN_MS, async () => (await copies()) === EVENTS);
    check('once it can be taken in, it is', recovered !== undefined);
    for (const { id, queue } of dead) await letters.drop({ id, queue });
    await pause(1_000);
    check('an operator can drop a dead letter', (await letters.list()).length === 0);
  } finally {
    await platform.rows('DROP FUNCTION IF EXISTS bookings.chaos_poison() CASCADE');
    await letters.close();
  }
}

export const scenario: Scenario = {
  id: 'F8',
  sentence:
    'Of a thousand events one fails whenever it is tried, and something comes that is none.',
  needs: { label: 'poison' },
  run,
};
