/** Businesses with quotes that only wait for their acceptance. */
import { sealLink } from '@roundhouse/service/links';
import type pg from 'pg';
import { type Api, api } from '../demo/api.ts';
import * as company from '../demo/charter-company.ts';

const BUSINESSES = 20;
const COACHES = 10;
/** Of each business: more than a list shows at once. */
const CLIENTS = 30;

export interface PreparedQuote {
  tenant_id: string;
  quote_id: string;
  resource_id: string;
  token: string;
}

export interface Prepared {
  /** Access tokens of many users: limits at the edge count by token. */
  tokens: { tenant_id: string; token: string }[];
  /** The owners, as they log in. */
  accounts: { email: string; password: string }[];
  quotes: PreparedQuote[];
}

/** Quotes of one business that all want the one coach that it has, on the same day. */
export async function prepareRace(
  base: string,
  admin: pg.Client,
  { callers, quote_link_key, number }: { callers: number; quote_link_key: string; number: number },
): Promise<string[]> {
  const { tenant_id, tokens } = await signUp(base, number);
  const { charter_id, quote_id } = await writeTemplate(api(base, tokens[0]), 1);
  const { rows } = await admin.query(COPY, [tenant_id, charter_id, quote_id, callers, 0]);
  return rows.map(({ id }) => sealLink(quote_link_key, 'quote', { tenant_id, id, generation: 1 }));
}

async function signUp(base: string, number: number) {
  const unique = `${Date.now().toString(36)}${number}`;
  const body = {
    business_name: `Bench ${number}`,
    subdomain: `bench-${unique}`,
    email: `owner-${unique}@bench.example`,
    password: 'bench-password',
    first_name: 'Ben',
    last_name: 'Ch',
  };
  const { email, password } = body;
  const session = await api(base).post('auth/signup', 'sign up', body);
  const again = await api(base).post('auth/login', 'log in', { email, password });
  const tenant_id = (session.tenant as { id: string }).id;
  return {
    tenant_id,
    email,
    password,
    tokens: [String(session.access_token), String(again.access_token)],
  };
}

/** One charter with a sent quote, the whole way through the API; the others are copies of it. */
async function writeTemplate(office: Api, coaches: number) {
  const [type, card, client] = [company.vehicleTypes[0], company.rateCards[0], company.clients[0]];
  await office.post('bookings/vehicle-types', 'type', type);
  await office.post('pricing/rate-cards', 'card', card);
  const resources = [];
  for (let number = 0; number < coaches; number += 1) {
    const coach = { vehicle_type: type?.code, name: `Coach ${number}` };
    resources.push(await office.post('bookings/resources', `coach ${number}`, coach));
  }
  const { id: client_id } = await office.post('clients/clients', 'client', client);
  const inquiry = { client_id, ...company.trip(0) };
  const { id: charter_id } = await office.post('charters/charters', 'inquiry', inquiry);
  const quote = await office.post(`charters/charters/${charter_id}/quotes`, 'quote');
  await office.post(`charters/quotes/${quote.id}/send`, 'send');
  return { charter_id, quote_id: quote.id, resource_ids: resources.map(({ id }) => id) };
}

/**
 * Copies of the template: each on a day of its own, so that there is always a coach, or all of them
 * on the same day, so that there is one for as many of them as there are coaches.
 */
const COPY = `
  WITH copies AS (SELECT generate_series(1, $4::int) AS copy),
    days AS (SELECT copy, copy * $5::int AS day FROM copies),
    new_charters AS (
      INSERT INTO bookings.charters (tenant_id, client_id, status, version, passengers, stops,
        vehicles, starts_at, ends_at, notes, created_at, updated_at)
      SELECT tenant_id, client_id, status, version, passengers, stops, vehicles,
        starts_at + make_interval(days => day), ends_at + make_interval(days => day), day::text,
        now(), now()
      FROM bookings.charters, days WHERE tenant_id = $1 AND id = $2
      RETURNING id, notes::int AS day)
  INSERT INTO bookings.quotes (tenant_id, charter_id, status, version, contact, price,
    total_amount, currency, valid_until, sent_at, created_at, updated_at)
  SELECT tenant_id, new_charters.id, status, version, contact,
    jsonb_set(jsonb_set(price,
      '{vehicles,0,garage_out_at}', to_jsonb(to_char(
        (price #>> '{vehicles,0,garage_out_at}')::timestamptz + make_interval(days => day),
        'YYYY-MM-DD"T"HH24:MI:SS"Z"'))),
      '{vehicles,0,garage_in_at}', to_jsonb(to_char(
        (price #>> '{vehicles,0,garage_in_at}')::timestamptz + make_interval(days => day),
        'YYYY-MM-DD"T"HH24:MI:SS"Z"'))),
    total_amount, currency, valid_until, sent_at, now(), now()
  FROM bookings.quotes, new_charters WHERE tenant_id = $1 AND quotes.id = $3
  RETURNING id`;

export async function prepare(
  base: string,
  admin: pg.Client,
  { quotes, quote_link_key }: { quotes: number; quote_link_key: string },
): Promise<Prepared> {
  await admin.query(`SET timezone = 'UTC'`);
  const prepared: Prepared = { tokens: [], accounts: [], quotes: [] };
  const each = Math.ceil(quotes / BUSINESSES);
  for (let number = 0; number < BUSINESSES; number += 1) {
    const { tenant_id, tokens, email, password } = await signUp(base, number);
    prepared.tokens.push(...tokens.map((token) => ({ tenant_id, token })));
    prepared.accounts.push({ email, password });
    const office = api(base, tokens[0]);
    for (let client = 1; client <= CLIENTS; client += 1) {
      await office.post('clients/clients', `client ${client}`, { name: `Bench School ${client}` });
    }
    const template = await writeTemplate(office, COACHES);
    const { charter_id, quote_id, resource_ids } = template;
    const { rows } = await admin.query(COPY, [tenant_id, charter_id, quote_id, each, 1]);
    for (const [index, { id }] of rows.entries()) {
      const token = sealLink(quote_link_key, 'quote', { tenant_id, id, generation: 1 });
      const resource_id = resource_ids[index % COACHES] ?? '';
      prepared.quotes.push({ tenant_id, quote_id: id, resource_id, token });
    }
  }
  // In turn from all businesses, as it would be: nobody waits for his own lock only.
  const order = new Map(prepared.quotes.map((quote, index) => [quote, index % each]));
  prepared.quotes.sort((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
  await admin.query('ANALYZE');
  return prepared;
}
