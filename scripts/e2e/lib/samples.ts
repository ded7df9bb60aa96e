/**
 * The fixtures of each route: the one source of every suite that is made from the contracts (the
 * wall's walk, abuse, tokens, idempotency, entity tags, paging). A route without the fixture that
 * it needs fails them with a sentence that names it. So a new route is to be found here
 *
 * - in `bodies`, by its operation, where it takes a body: one that its contract and its handler
 *   accept, and time and again, so that what must be unique comes from `unique()`, and a change
 *   is one each time;
 * - in `rows`, by the noun before the first parameter of its path (`clients` of `/clients/:id`): a
 *   way to make one more row of it, which answers its id;
 * - in `params`, by its operation, where not any row will do: where it wants a row in a certain
 *   state, has a second parameter, or is opened by a link: a way to make what its path needs;
 * - in `callers`, by its operation, where it ends the session, or changes the person, that calls
 *   it: a way to log somebody in whom nobody else needs;
 * - in `lists`, by its operation, where it is a list below another row, or one whose rows `rows` of
 *   the last noun in its path does not make: below which row, and what adds to it.
 *
 * All of them are given an office: a business of its own with its owner's token.
 */
import { randomUUID } from 'node:crypto';
import { rateCards, trip, vehicleTypes } from '../../../infra/demo/charter-company.ts';
import { ok, until } from './http.ts';
import { type Office, paymentLink, signUpBody } from './office.ts';
import type { List } from './sample-list.ts';
import * as auth from './samples-auth.ts';
import * as clients from './samples-clients.ts';

/** Fits every place that wants a short name in lower case. */
export const unique = () => `u${randomUUID().replaceAll('-', '').slice(0, 15)}`;

const depositPolicy = {
  deposit_ppm: 200_000,
  hold_hours: 48,
  balance_days_before_start: 14,
  quote_valid_days: 30,
};
const at = (day: string, time: string) => `${day}T${time}:00Z`;
const [type] = vehicleTypes;
const password = 'securepass123';

let calls = 0;
/** Another number each time, of a few: a change to what is there already would be none. */
const next = (few: number) => {
  calls += 1;
  return calls % few;
};
const cards = ['pm_card_visa', 'pm_card_mastercard', 'pm_card_visa_debit'];

type Made<T> = T | Promise<T>;

export const bodies: Record<string, (office: Office) => Made<unknown>> = {
  signUp: signUpBody,
  logIn: ({ owner: { email } }) => ({ email, password }),
  refresh: async ({ owner: { email } }) => {
    const { body } = await ok({ method: 'POST', path: 'auth/login', body: { email, password } });
    return { refresh_token: body.refresh_token };
  },
  ...auth.bodies,
  createClient: () => ({ name: `A client of its own ${unique()}` }),
  changeClient: () => ({ name: `Ours now ${unique()}` }),
  ...clients.bodies,
  createRateCard: () => ({ ...rateCards[0], vehicle_type: unique() }),
  changeRateCard: () => ({ minimum_hours: next(24) }),
  setTaxRate: () => ({ name: 'Tax', rate_ppm: next(1_000) }),
  setDepositPolicy: () => ({ ...depositPolicy, hold_hours: 1 + next(500) }),
  priceCharter: () => ({
    stops: trip(0).stops.map(({ latitude, longitude }) => ({ latitude, longitude })),
    starts_at: at('2027-03-12', '13:00'),
    ends_at: at('2027-03-12', '23:00'),
    vehicles: [{ vehicle_type: type?.code, count: 1, base: { latitude: 40.9, longitude: -73.9 } }],
  }),
  createVehicleType: () => ({ ...type, code: unique() }),
  changeVehicleType: () => ({ seats: 1 + next(200) }),
  createResource: () => ({ vehicle_type: type?.code, name: `Coach ${unique()}` }),
  createCharter: ({ client_id }) => ({ client_id, ...trip(1), notes: unique() }),
  cancelCharter: () => ({ reason: `Ours now ${unique()}.` }),
  acceptQuote: () => ({ name: `Pat ${unique()}`, terms_accepted: true }),
  payItem: () => ({ item: 'deposit', payment_method: cards[next(3)] }),
};

/** Makes a row by the operation that creates it. */
const created =
  (path: string, operation: string) =>
  async (office: Office): Promise<string> => {
    const { token } = office;
    const body = await bodies[operation]?.(office);
    return (await ok({ method: 'POST', path, token, body })).body.id;
  };

/** The first row of a list that is filled by an event. */
async function firstOf({ token }: Office, path: string): Promise<string> {
  const { body } = await until(
    { method: 'GET', path, token },
    (answer) => answer.status === 200 && answer.body.data.length > 0,
  );
  return body.data[0].id;
}

const charters = created('charters/charters', 'createCharter');
const post = ({ token }: Office, path: string) => ok({ method: 'POST', path, token });

async function quotes(office: Office): Promise<string> {
  return (await post(office, `charters/charters/${await charters(office)}/quotes`)).body.id;
}

/** A trip in a week of its own that the client has agreed to. */
async function accepted(office: Office) {
  const sent = await office.sendsQuote(office.nextWeek());
  const path = `charters/public/quotes/${sent.link}/accept`;
  await ok({ method: 'POST', path, body: await bodies.acceptQuote?.(office) });
  return { id: sent.charter_id, link: await paymentLink(sent.link) };
}

async function confirmed(office: Office) {
  const { id, link } = await accepted(office);
  const path = `payments/public/links/${link}/pay`;
  await ok({ method: 'POST', path, body: await bodies.payItem?.(office) });
  const charter = { method: 'GET', path: `charters/charters/${id}`, token: office.token };
  await until(charter, ({ body }) => body.status === 'confirmed');
  return { id };
}

async function started(office: Office) {
  const { id } = await confirmed(office);
  await post(office, `charters/charters/${id}/start`);
  return { id };
}

async function completed(office: Office) {
  const { id } = await started(office);
  await post(office, `charters/charters/${id}/complete`);
  return { id };
}

export const rows: Record<string, (office: Office) => Promise<string>> = {
  ...auth.rows,
  clients: created('clients/clients', 'createClient'),
  ...clients.rows,
  'vehicle-types': created('bookings/vehicle-types', 'createVehicleType'),
  resources: created('bookings/resources', 'createResource'),
  'rate-cards': created('pricing/rate-cards', 'createRateCard'),
  charters,
  quotes,
  schedules: async (office) =>
    firstOf(office, `payments/schedules?booking_id=${(await accepted(office)).id}`),
  payments: async (office) =>
    firstOf(office, `payments/payments?booking_id=${(await confirmed(office)).id}`),
  invoices: async (office) =>
    firstOf(office, `payments/invoices?booking_id=${(await completed(office)).id}`),
};

const byLink = async (office: Office) => ({
  token: (await office.sendsQuote(office.nextWeek())).link,
});
const byPaymentLink = async (office: Office) => ({ token: (await accepted(office)).link });

export const params: Record<string, (office: Office) => Promise<Record<string, string>>> = {
  ...auth.params,
  ...clients.params,
  getPersonalDataOfBookings: async (office) => {
    await charters(office);
    return { id: office.client_id };
  },
  getPersonalDataOfPayments: async (office) => {
    await accepted(office);
    return { id: office.client_id };
  },
  startCharter: confirmed,
  completeCharter: started,
  getPublicQuote: byLink,
  acceptQuote: byLink,
  getPublicSchedule: byPaymentLink,
  payItem: byPaymentLink,
};

export const callers: Record<string, (office: Office) => Promise<string>> = auth.callers;

export const lists: Record<string, List> = { ...auth.lists, ...clients.lists };
