import { randomUUID } from 'node:crypto';
import { rateCards, trip, vehicleTypes } from '../../../infra/demo/charter-company.ts';
import { ok, until } from './http.ts';

export const tokenOf = (url: string) => url.split('/').at(-1) ?? '';

/** A charter business of its own, as its people use it through the gateway. */
export interface Office {
  token: string;
  tenant_id: string;
  subdomain: string;
  client_id: string;
  /** As the business was signed up. */
  owner: { email: string; password: string };
  /** A week in which no trip of this office was asked for yet. */
  nextWeek(): number;
  /** An inquiry that was quoted and sent, for a day of that week. */
  sendsQuote(week: number): Promise<SentQuote>;
  sendsQuoteFor(wanted: object): Promise<SentQuote>;
}

export interface SentQuote {
  charter_id: string;
  quote_id: string;
  /** The token of its link. */
  link: string;
}

export const signUpBody = () => {
  const unique = randomUUID().slice(0, 13);
  return {
    business_name: 'Harbor Coaches',
    subdomain: `harbor-${unique}`,
    email: `owner-${unique}@harbor.example`,
    password: 'securepass123',
    first_name: 'Olive',
    last_name: 'Owner',
    time_zone: 'America/New_York',
  };
};

export async function anOffice({ coaches = 1, from }: { coaches?: number; from?: string } = {}) {
  const business = signUpBody();
  const { body } = await ok({ method: 'POST', path: 'auth/signup', body: business, from });
  const token: string = body.access_token;
  const posts = async (path: string, sent?: unknown) =>
    (await ok({ method: 'POST', path, token, key: randomUUID(), body: sent })).body;
  await posts('bookings/vehicle-types', vehicleTypes[0]);
  await posts('pricing/rate-cards', rateCards[0]);
  for (let number = 1; number <= coaches; number += 1) {
    await posts('bookings/resources', { vehicle_type: 'coach_56', name: `Coach ${number}` });
  }
  const client = await posts('clients/clients', { name: 'Riverside High School' });
  const sendsQuoteFor = async (wanted: object): Promise<SentQuote> => {
    const charter = await posts('charters/charters', { client_id: client.id, ...wanted });
    const quote = await posts(`charters/charters/${charter.id}/quotes`);
    const { public_url } = await posts(`charters/quotes/${quote.id}/send`);
    return { charter_id: charter.id, quote_id: quote.id, link: tokenOf(public_url) };
  };
  let week = 0;
  const office: Office = {
    token,
    tenant_id: body.tenant.id,
    subdomain: business.subdomain,
    client_id: client.id,
    owner: { email: business.email, password: business.password },
    nextWeek: () => {
      week += 1;
      return week;
    },
    sendsQuote: (week) => sendsQuoteFor(trip(week)),
    sendsQuoteFor,
  };
  return office;
}

/** The token of the payment link, which is there a moment after the acceptance. */
export async function paymentLink(quote_link: string): Promise<string> {
  const path = `charters/public/quotes/${quote_link}`;
  const { body } = await until({ method: 'GET', path }, (answer) =>
    Boolean(answer.body?.payment_url),
  );
  return tokenOf(body.payment_url);
}
