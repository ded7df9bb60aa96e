/** The businesses that the load is about: of unequal size, as they are in life. */
import { ok } from '../../scripts/e2e/lib/http.ts';
import { anOffice, type Office } from '../../scripts/e2e/lib/office.ts';
import { nextAddress } from './addresses.ts';

/** By Zipf's law with this exponent the largest of ten does half of all. */
const ZIPF = 1.5;
const COACHES = 20;
/** The edge lets a token ask 3,000 times a minute; the largest business asks half of all. */
const SESSIONS = 4;

/** How far a charter of the load has come; its lists are stocks from which requests take. */
export interface Trip {
  charter_id: string;
  quote_id?: string;
  /** The token of the quote's link. */
  link?: string;
  /** The token of the payment link. */
  payment_link?: string;
}

export const stages = [
  'inquired',
  'quoted',
  'sent',
  'accepted',
  'payable',
  'paid',
  'started',
  'completed',
] as const;

export interface Session {
  token: string;
  refresh_token: string;
}

export interface Business extends Office {
  name: string;
  weight: number;
  sessions: Session[];
  nextToken(): string;
  stock: Record<(typeof stages)[number], Trip[]>;
  /** Clients that were acknowledged, to be changed and looked at. */
  clients: { id: string; version: number }[];
}

/** A log-in as anybody does it; answers what the session goes by. */
const logIn = (office: Office) =>
  ok({ method: 'POST', path: 'auth/login', body: office.owner, from: nextAddress() });

async function business(number: number): Promise<Business> {
  const office = await anOffice({ coaches: COACHES, from: nextAddress() });
  const sessions: Session[] = [];
  for (let session = 0; session < SESSIONS; session += 1) {
    const { token, refresh_token } = sessionOf((await logIn(office)).body);
    sessions.push({ token, refresh_token });
  }
  let turn = 0;
  return {
    ...office,
    name: `business ${number}`,
    weight: number ** -ZIPF,
    sessions,
    nextToken: () => {
      turn += 1;
      return sessions[turn % sessions.length]?.token ?? office.token;
    },
    stock: Object.fromEntries(stages.map((stage) => [stage, [] as Trip[]])) as Business['stock'],
    clients: [],
  };
}

export const sessionOf = (body: { access_token: string; refresh_token: string }): Session => ({
  token: body.access_token,
  refresh_token: body.refresh_token,
});

/** Signs them up at a platform whose addresses are in the environment. */
export async function openBusinesses(count: number): Promise<Business[]> {
  const businesses: Business[] = [];
  for (let number = 1; number <= count; number += 1) {
    businesses.push(await business(number));
  }
  return businesses;
}
