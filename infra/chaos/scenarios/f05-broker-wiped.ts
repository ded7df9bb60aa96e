import pg from 'pg';
import { call } from '../../../scripts/e2e/lib/http.ts';
import { anOffice } from '../../../scripts/e2e/lib/office.ts';
import { holdsWithin } from '../../../scripts/waiting.ts';
import { nextAddress } from '../addresses.ts';
import { outboxState } from '../outbox.ts';
import type { Platform } from '../platform.ts';
import { replay } from '../replay.ts';
import type { Scenario, Stage } from '../scenario.ts';

const CLIENTS = 200;
const SAME_MS = 60_000;

/** Everything that was on its way is gone; the outboxes are all that is left of it. */
async function wipe({ broker, rows }: Platform): Promise<void> {
  if (broker === undefined) {
    await rows(`DELETE FROM graphile_worker._private_jobs`);
    return;
  }
  await broker.kill();
  broker.wipe();
  await broker.start();
}

/** Has the consumers of bookings wait, and nobody else: their events stay in the transport. */
async function whileNobodyReads(platform: Platform, work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: platform.addresses.DATABASE_URL });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('LOCK TABLE bookings.inbox IN ACCESS EXCLUSIVE MODE');
    await work();
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
}

/** Of the business' clients those that bookings knows in the same version. */
async function copies({ rows }: Platform, tenant_id: string): Promise<number> {
  const [row] = await rows<{ count: number }>(
    `SELECT count(*)::int AS count FROM clients.clients
     JOIN bookings.clients AS copy USING (tenant_id, id, version) WHERE tenant_id = $1`,
    [tenant_id],
  );
  return row?.count ?? 0;
}

async function run({ platform, fault, check, figure, pause }: Stage): Promise<void> {
  const { token, tenant_id } = await anOffice({ from: nextAddress() });
  const names = Array.from({ length: CLIENTS }, (_, index) => `Client ${index}\n`);
  const before = Temporal.Now.instant().subtract({ minutes: 1 });
  await fault('all that the transport holds is lost', {}, async () => {
    await whileNobodyReads(platform, async () => {
      const body = `name\n${names.join('')}`;
      const { status } = await call({ method: 'POST', path: 'clients/imports', token, body });
      check('clients are entered meanwhile', status === 200, String(status));
      const sent = async () => {
        const { now } = await outboxState(platform);
        return (await outboxState(platform, now)).unsent_of_then === 0;
      };
      await holdsWithin(SAME_MS, sent);
      await wipe(platform);
    });
    await pause(2_000);
  });
  const kept = await copies(platform, tenant_id);
  // Were none missing, the rest would prove nothing.
  check('events are lost with it', kept < CLIENTS, `${kept} of ${CLIENTS} copies`);
  figure('lost with it', String(CLIENTS + 1 - kept));
  figure('replayed', await replay(platform, before));
  const took = await holdsWithin(
    SAME_MS,
    async () => (await copies(platform, tenant_id)) === CLIENTS + 1,
  );
  check('after a replay from the outboxes every copy is there', took !== undefined);
}

export const scenario: Scenario = {
  id: 'F5',
  sentence: 'The transport loses all that it holds, and is given it again from the outboxes.',
  needs: { label: 'wiped' },
  run,
};
