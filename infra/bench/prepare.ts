/** Businesses with quotes that only wait for their acceptance. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { sealLink } from '@roundhouse/service/links';
import { repository } from '../database/services.ts';
import { type Api, api } from '../demo/api.ts';
import * as company from '../demo/charter-company.ts';
import type { Platform } from './platform.ts';

/** Of each business, as its users would have: the edge counts 3,000 a minute for each token. */
const SESSIONS = 4;

export interface Template {
  charter_id: string;
  quote_id: string;
}

export interface Business {
  tenant_id: string;
  subdomain: string;
  account: { email: string; password: string };
  tokens: string[];
  client_ids: string[];
  resource_ids: string[];
  template: Template;
  /** So many copies of the template there are, each on a day of its own. */
  days: number;
}

export interface PreparedQuote {
  tenant_id: string;
  quote_id: string;
  resource_id: string;
  /** Of its link. */
  token: string;
}

export interface Size {
  coaches: number;
  clients: number;
  /** Without a limit of its own: where one business asks for all. */
  unlimited?: boolean;
}

export const apiOf = (platform: Platform, token?: string): Api =>
  api(`${platform.gateway}/api/v1/`, token);

/** Log-ins again: a token lives a quarter of an hour, which a bench may outlast. */
export async function renewTokens(
  platform: Platform,
  businesses: Business[],
  sessions = SESSIONS,
): Promise<void> {
  for (const business of businesses) {
    for (let session = 0; session < sessions; session += 1) {
      const answer = await apiOf(platform).post('auth/login', 'log in', business.account);
      business.tokens[session] = String(answer.access_token);
    }
  }
}

/** One charter with a sent quote, the whole way through the API; the others are copies of it. */
async function writeTemplate(office: Api, client_id: string): Promise<Template> {
  const inquiry = { client_id, ...company.trip(0) };
  const { id: charter_id } = await office.post('charters/charters', 'inquiry', inquiry);
  const quote = await office.post(`charters/charters/${charter_id}/quotes`, 'quote');
  await office.post(`charters/quotes/${quote.id}/send`, 'send');
  return { charter_id, quote_id: quote.id };
}

/** Fewer at once than a service has connections. */
const AT_ONCE = 4;

/** The ids of what was made of each, in their order. */
async function inFew<T>(all: T[], make: (one: T) => Promise<{ id: string }>): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const made = await Promise.all(all.slice(from, from + AT_ONCE).map(make));
    ids.push(...made.map(({ id }) => id));
  }
  return ids;
}

/** A database that is asked too much for a second refuses the operator too. */
const TRIES = 3;

function liftLimits({ data }: Pick<Platform, 'data'>, subdomain: string, left = TRIES): void {
  const command = ['plan', subdomain, 'unlimited', '--data', data];
  try {
    execFileSync(join(repository, 'scripts/tenant'), command, {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    if (left === 1) throw error;
    liftLimits({ data }, subdomain, left - 1);
  }
}

let signed_up = 0;

export async function openBusiness(platform: Platform, size: Size): Promise<Business> {
  signed_up += 1;
  const unique = `${Date.now().toString(36)}${signed_up}`;
  const subdomain = `bench-${unique}`;
  const account = { email: `owner-${unique}@bench.example`, password: 'bench-password' };
  const owner = { business_name: `Bench ${signed_up}`, first_name: 'Ben', last_name: 'Ch' };
  const body = { ...owner, subdomain, ...account };
  const session = await apiOf(platform).post('auth/signup', 'sign up', body);
  if (size.unlimited) liftLimits(platform, subdomain);
  const office = apiOf(platform, String(session.access_token));
  const [type, card, client] = [company.vehicleTypes[0], company.rateCards[0], company.clients[0]];
  await office.post('bookings/vehicle-types', 'type', type);
  await office.post('pricing/rate-cards', 'card', card);
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const resource_ids = await inFew(numbers(size.coaches), (number) => {
    const coach = { vehicle_type: type?.code, name: `Coach ${number}` };
    return office.post('bookings/resources', `coach ${number}`, coach);
  });
  const client_ids = await inFew(numbers(size.clients), (number) => {
    const school = number === 1 ? (client as object) : { name: `Bench School ${number}` };
    return office.post('clients/clients', `client ${number}`, school);
  });
  const template = await writeTemplate(office, client_ids[0] ?? '');
  const tenant_id = (session.tenant as { id: string }).id;
  const business = { tenant_id, subdomain, account, tokens: [], client_ids, resource_ids };
  return { ...business, template, days: 0 };
}

/**
 * Copies of the template: each on the day after the last one's, so that there is always a coach,
 * or all of them on one day, so that there is one for as many of them as there are coaches.
 */
const COPY = `
  WITH copies AS (SELECT generate_series(1, $4::int) AS copy),
    days AS (SELECT copy, $6::int + copy * $5::int AS day FROM copies),
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

/** New quotes of the business; with `one_day` all of them want the coaches at the same time. */
export async function copyQuotes(
  { db, state }: Platform,
  business: Business,
  { count, one_day = false }: { count: number; one_day?: boolean },
): Promise<PreparedQuote[]> {
  const { tenant_id, template, resource_ids } = business;
  const { charter_id, quote_id } = template;
  const step = one_day ? 0 : 1;
  const from = one_day ? business.days + 1 : business.days;
  const { rows } = await db.query(COPY, [tenant_id, charter_id, quote_id, count, step, from]);
  business.days += one_day ? 1 : count;
  return rows.map(({ id }, index) => ({
    ...{ tenant_id, quote_id: id },
    resource_id: resource_ids[index % resource_ids.length] ?? '',
    token: sealLink(state.quote_link_key, 'quote', { tenant_id, id, generation: 1 }),
  }));
}
