import { sql } from '@roundhouse/database';
import { z } from 'zod';
import { on, type Topology } from '../src/events.ts';
import { defineEvent } from '../src/schema.ts';

const Facts = z.object({ id: z.uuid(), name: z.string() });
const id = '019a6f5e-0000-7000-8000-000000000002';
export const ClientGreeted = defineEvent('clients.client.greeted.v1', Facts, {
  ...{ id, name: 'Riverside' },
});

/** From clients, which announces, to bookings, which alone listens. */
export const READS: Topology = {
  reads: [{ type: ClientGreeted.type, queue: 'bookings' }],
  unbound: [],
};

/** A listener that keeps a row for each event it takes, in the transaction of its inbox row. */
export const keeps = on(ClientGreeted, async ({ data }, tx) => {
  if (data.name === 'poison') throw new Error('cannot be taken');
  if (data.name === 'early') {
    const rows = await tx.query(sql`SELECT id FROM clients WHERE name = 'predecessor'`);
    if (rows.length === 0) throw new Error('too early');
  }
  tx.queue(sql`
    INSERT INTO clients (tenant_id, id, version, name, status)
    VALUES (${tx.tenant.id}, ${data.id}, 1, ${data.name}, 'active')`);
});
