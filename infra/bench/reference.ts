/**
 * The reference: bare `node:http` on bare `pg`, the same rows written in one round trip, and lists
 * of 20 in four. No rules, no validation, no gateway: what is left is what the machine can do.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

/** Callers of a reference use as many connections as a service has for them. */
const CONNECTIONS = 8;

const FUNCTION = `
  CREATE OR REPLACE FUNCTION bookings.bench_accept(of_tenant uuid, of_quote uuid, of_resource uuid)
  RETURNS uuid LANGUAGE plpgsql AS $$
  DECLARE q record;
  BEGIN
    PERFORM set_config('app.tenant_id', of_tenant::text, true);
    SELECT charter_id, contact, price INTO q FROM bookings.quotes
      WHERE tenant_id = of_tenant AND id = of_quote;
    UPDATE bookings.quotes SET status = 'accepted', version = version + 1, accepted_at = now()
      WHERE tenant_id = of_tenant AND id = of_quote;
    UPDATE bookings.charters SET status = 'accepted', version = version + 1, updated_at = now()
      WHERE tenant_id = of_tenant AND id = q.charter_id;
    INSERT INTO bookings.allocations (tenant_id, resource_id, charter_id, state, starts_at, ends_at,
        held_until, created_at)
      VALUES (of_tenant, of_resource, q.charter_id, 'held',
        (q.price #>> '{vehicles,0,garage_out_at}')::timestamptz,
        (q.price #>> '{vehicles,0,garage_in_at}')::timestamptz, now() + interval '2 days', now());
    INSERT INTO bookings.acceptances (tenant_id, quote_id, name, accepted_at, address, user_agent,
        terms, price_hash, total_amount, currency)
      VALUES (of_tenant, of_quote, 'Pat Principal', now(), '127.0.0.1', 'bench', 'terms', 'hash',
        1, 'USD');
    INSERT INTO bookings.outbox (tenant_id, type, subject, time, data, sent_at)
      VALUES (of_tenant, 'bench', of_quote, now(), q.price::json, now());
    INSERT INTO bookings.audit_log (tenant_id, actor_kind, actor_id, action, subject_type,
        subject_id, at, request_id)
      VALUES (of_tenant, 'link', of_quote, 'acceptQuote', 'quote', of_quote, now(), 'bench');
    INSERT INTO bookings.idempotency_keys (tenant_id, route, key, request_hash, status, body)
      VALUES (of_tenant, 'bench', of_quote, 'hash', 200, q.price::text);
    RETURN q.charter_id;
  END $$;
  GRANT EXECUTE ON FUNCTION bookings.bench_accept TO bookings_app;`;

export interface Acceptance {
  tenant_id: string;
  quote_id: string;
  resource_id: string;
}

export interface Reference {
  base_url: string;
  /** The same write straight from a pool, without HTTP. */
  accept(acceptance: Acceptance): Promise<unknown>;
  close(): Promise<void>;
}

const LIST = {
  name: 'list',
  text: `SELECT id, version, client_id, status, passengers, stops, vehicles, starts_at, ends_at,
      notes, created_at, updated_at
    FROM bookings.charters WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT 20`,
};

/** The list as one writes it without thinking: four round trips. */
async function list(pool: pg.Pool, tenant_id: string) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenant_id]);
    const { rows } = await client.query({ ...LIST, values: [tenant_id] });
    await client.query('COMMIT');
    return rows;
  } finally {
    client.release();
  }
}

async function startReference(adminUrl: string, appUrl: string): Promise<Reference> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(FUNCTION);
  await admin.end();
  const pool = new pg.Pool({ connectionString: appUrl, max: CONNECTIONS });
  const accept = ({ tenant_id, quote_id, resource_id }: Acceptance) =>
    pool.query({
      name: 'accept',
      text: 'SELECT bookings.bench_accept($1, $2, $3) AS charter_id',
      values: [tenant_id, quote_id, resource_id],
    });

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const [, what, id] = (request.url ?? '').split('/');
      const body =
        what === 'list'
          ? await list(pool, id ?? '')
          : (await accept(JSON.parse(Buffer.concat(chunks).toString()))).rows;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accept,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.end();
    },
  };
}

// As a process of its own, as the services are.
if (import.meta.main) {
  const { BENCH_ADMIN_URL = '', BENCH_APP_URL = '' } = process.env;
  const { base_url } = await startReference(BENCH_ADMIN_URL, BENCH_APP_URL);
  process.send?.({ base_url });
  process.once('disconnect', () => process.exit());
}
