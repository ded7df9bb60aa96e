/**
 * What the machine can do without us, in a process of its own as the services are: bare `node:http`
 * on bare `pg` writing the same rows in one round trip, lists of 20 in four, the same write without
 * HTTP, and a bare proxy. No rules, no validation, no gateway.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { Agent, createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

/** As many as a service has for its callers. */
const CONNECTIONS = 8;
/** So many are asked for at once, where nobody calls by HTTP. */
const WAITING = 50;

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

/** The list as one writes it without thinking: four round trips. */
async function list(pool: pg.Pool, tenant_id: string) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenant_id]);
    const { rows } = await client.query({
      name: 'list',
      text: `SELECT id, version, client_id, status, passengers, stops, vehicles, starts_at,
          ends_at, notes, created_at, updated_at
        FROM bookings.charters WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT 20`,
      values: [tenant_id],
    });
    await client.query('COMMIT');
    return rows;
  } finally {
    client.release();
  }
}

/** All of them, without HTTP; answers how many a second. */
async function burst(
  accept: (one: Acceptance) => Promise<unknown>,
  acceptances: Acceptance[],
): Promise<{ per_second: number }> {
  const left = [...acceptances];
  const began = performance.now();
  const worker = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await accept(one);
  };
  await Promise.all(Array.from({ length: WAITING }, worker));
  return { per_second: (acceptances.length * 1_000) / (performance.now() - began) };
}

/** Passes everything on, with connections that are kept. */
function proxyTo(target: URL): RequestListener {
  const agent = new Agent({ keepAlive: true });
  const { hostname: host, port } = target;
  return (incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const to = { agent, host, port, path: url, headers, method };
    const passed = request(to, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.once('error', () => outgoing.destroy());
    incoming.pipe(passed);
  };
}

const bodyOf = async (chunks: AsyncIterable<Buffer>) =>
  JSON.parse(Buffer.concat(await Array.fromAsync(chunks)).toString() || 'null');

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(adminUrl: string, appUrl: string, target: string): Promise<Urls> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(FUNCTION);
  await admin.end();
  const pool = new pg.Pool({ connectionString: appUrl, max: CONNECTIONS });
  // The server may be restarted by a row; the next one asks anew.
  pool.on('error', () => undefined);
  const accept = ({ tenant_id, quote_id, resource_id }: Acceptance) =>
    pool.query({
      name: 'accept',
      text: 'SELECT bookings.bench_accept($1, $2, $3) AS charter_id',
      values: [tenant_id, quote_id, resource_id],
    });
  const answer = async (what: string | undefined, id: string, chunks: AsyncIterable<Buffer>) => {
    if (what === 'list') return list(pool, id);
    const body = await bodyOf(chunks);
    return what === 'burst' ? burst(accept, body) : (await accept(body)).rows;
  };
  const base_url = await listen((request, response) => {
    const [, what, id = ''] = (request.url ?? '').split('/');
    answer(what, id, request).then(
      (body) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(body));
      },
      (error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  });
  return { base_url, proxy_url: await listen(proxyTo(new URL(target))) };
}

interface Urls {
  base_url: string;
  proxy_url: string;
}

export interface Reference extends Urls {
  /** The same writes straight from a pool: so many a second. */
  burst(acceptances: Acceptance[]): Promise<number>;
  stop(): void;
}

/** `target` is what the bare proxy leads to. */
export async function startReference(of: {
  admin_url: string;
  app_url: string;
  target: string;
}): Promise<Reference> {
  const { admin_url, app_url, target } = of;
  const env = { ...process.env, BENCH_ADMIN_URL: admin_url, BENCH_APP_URL: app_url };
  const child: ChildProcess = fork(import.meta.filename, [target], { env });
  const urls = await new Promise<Urls>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Urls));
    child.once('exit', (code) => reject(new Error(`The reference ended with ${code}.`)));
  });
  const burstOf = async (acceptances: Acceptance[]) => {
    const body = JSON.stringify(acceptances);
    const response = await fetch(`${urls.base_url}/burst`, { method: 'POST', body });
    return ((await response.json()) as { per_second: number }).per_second;
  };
  return { ...urls, burst: burstOf, stop: () => void child.kill() };
}

if (import.meta.main) {
  const { BENCH_ADMIN_URL = '', BENCH_APP_URL = '' } = process.env;
  process.send?.(await serve(BENCH_ADMIN_URL, BENCH_APP_URL, process.argv[2] ?? ''));
  process.once('disconnect', () => process.exit());
}
