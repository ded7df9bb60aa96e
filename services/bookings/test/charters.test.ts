import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ClientChanged } from '@roundhouse/clients/events';
import { DomainError } from '@roundhouse/errors';
import type { ServedService } from '@roundhouse/testing';
import { transitions } from '../src/charters/states.ts';
import type { contract } from '../src/contract.ts';
import { anOffice, aPrice, aTrip, pricing, serveBookings } from './an-office.ts';

let bookings: ServedService<typeof contract>;
beforeAll(async () => {
  bookings = await serveBookings();
});
afterAll(() => bookings.stop());

const away = (office: Awaited<ReturnType<typeof anOffice>>) => ({
  starts: (id: string) => office.dispatcher.tries('startCharter', { params: { id } }),
  completes: (id: string) => office.dispatcher.tries('completeCharter', { params: { id } }),
  cancels: (id: string) =>
    office.dispatcher.tries('cancelCharter', { params: { id }, body: { reason: 'Off.' } }),
});

describe('an inquiry', () => {
  test('keeps each stop with its local time and the instant that it means', async () => {
    const office = await anOffice(bookings);
    const charter = await office.takesInquiry();
    expect(charter.stops[0]).toMatchObject({
      local_time: '2027-03-12T08:00',
      time_zone: 'America/New_York',
      at: '2027-03-12T13:00:00Z',
    });
    expect(charter).toMatchObject({ status: 'inquiry', version: 1 });
    expect([charter.starts_at, charter.ends_at]).toEqual([
      '2027-03-12T13:00:00Z',
      '2027-03-12T23:00:00Z',
    ]);
    expect(await bookings.announced(office.tenant_id)).toMatchObject([
      { type: 'bookings.charter.requested.v1', subject: charter.id },
    ]);
  });

  test.each([
    ['client_unknown', { client_id: randomUUID() }],
    ['vehicle_type_unknown', { vehicles: [{ vehicle_type: 'boat', count: 1 }] }],
    [
      'vehicle_type_repeated',
      {
        vehicles: [
          { vehicle_type: 'coach_56', count: 1 },
          { vehicle_type: 'coach_56', count: 1 },
        ],
      },
    ],
    ['too_few_seats', { passengers: 57 }],
    ['stops_out_of_order', { stops: aTrip().stops.toReversed() }],
    ['span_invalid', { stops: [aTrip().stops[0], aTrip().stops[0]] }],
  ])('is refused as %s', async (code, changes) => {
    const office = await anOffice(bookings);
    const body = { client_id: office.aClient(), ...aTrip(changes) };
    const answer = await office.dispatcher.tries('createCharter', { body } as never);
    expect([answer.status, answer.code]).toEqual([422, code]);
    expect((await office.dispatcher.does('listCharters', {})).data).toEqual([]);
  });

  test('of a barred client is refused, also when it was barred a moment ago', async () => {
    const office = await anOffice(bookings);
    const barred = { client_id: office.aClient('barred'), ...aTrip() };
    const first = await office.dispatcher.tries('createCharter', { body: barred });
    expect(first.code).toBe('client_barred');

    const client_id = office.aClient();
    const body = { client_id, ...aTrip() };
    await office.dispatcher.does('createCharter', { body });
    const facts = { id: client_id, name: 'Riverside', email: null, phone: null };
    const { tenant_id } = office;
    const change = (version: number, status: 'active' | 'barred') =>
      bookings.hears(ClientChanged, { tenant_id, data: { ...facts, version, status } });
    await change(3, 'barred');
    // Late news of an older version.
    await change(2, 'active');
    expect((await office.dispatcher.tries('createCharter', { body })).code).toBe('client_barred');
  });

  test('with a time that no clock shows is refused with the field', async () => {
    const office = await anOffice(bookings);
    const [first, ...others] = aTrip().stops;
    const stops = [{ ...first, local_time: '2027-02-30T08:00' }, ...others];
    const body = { client_id: office.aClient(), ...aTrip({ stops }) };
    const answer = await office.dispatcher.tries('createCharter', { body } as never);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ errors: [{ pointer: '/stops/0/local_time' }] });
  });
});

describe('a quote', () => {
  test('keeps the price as it was, whatever the rates become', async () => {
    const office = await anOffice(bookings);
    const charter = await office.takesInquiry();
    const quote = await office.quotes(charter.id);
    pricing.answer = async (request) => ({ ...aPrice(request), hash: 'b'.repeat(64) });
    const reread = await office.dispatcher.does('getQuote', { params: { id: quote.id } });
    pricing.answer = async (request) => aPrice(request);
    expect(reread.price).toEqual(quote.price);
  });

  test('for a type without a rate card is refused', async () => {
    const office = await anOffice(bookings);
    const charter = await office.takesInquiry();
    pricing.answer = async () => {
      throw new DomainError('invalid', 'no_rate_card', 'No rates for coach_56.');
    };
    const params = { id: charter.id };
    const answer = await office.dispatcher.tries('createQuote', { params });
    pricing.answer = async (request) => aPrice(request);
    expect([answer.status, answer.code]).toEqual([422, 'no_rate_card']);
  });

  test('priced while the charter changed is not written', async () => {
    const office = await anOffice(bookings);
    const { charter } = await office.sentQuote();
    const params = { id: charter.id };
    pricing.answer = async (request) => {
      pricing.answer = async (again) => aPrice(again);
      const other = await office.quotes(charter.id);
      await office.sends(other.id);
      return aPrice(request);
    };
    const answer = await office.dispatcher.tries('createQuote', { params });
    expect([answer.status, answer.code]).toEqual([409, 'charter_changed']);
  });

  test('sent again gives the same link and tells nobody twice', async () => {
    const office = await anOffice(bookings);
    const charter = await office.takesInquiry();
    const quote = await office.quotes(charter.id);
    const first = await office.sends(quote.id);
    const second = await office.sends(quote.id);
    expect(second).toEqual(first);
    expect(await bookings.announced(office.tenant_id, '%quote.sent%')).toHaveLength(1);
    expect(await office.reads(charter.id)).toMatchObject({ status: 'quoted', version: 2 });
  });

  test('opened by its link shows no ids and no steps', async () => {
    const office = await anOffice(bookings);
    const { token } = await office.sentQuote();
    const { status, body } = await office.opens(token);
    expect([status, body.status, body.client_name]).toEqual([200, 'sent', 'Riverside High School']);
    expect(Object.keys(body)).not.toContain('id');
    expect(Object.keys(body.price)).not.toContain('steps');
  });

  test('with a changed link is not there', async () => {
    const office = await anOffice(bookings);
    const { token } = await office.sentQuote();
    const forged = (token.startsWith('A') ? 'B' : 'A') + token.slice(1);
    expect((await office.opens(forged)).status).toBe(404);
    expect((await office.accepts(forged)).status).toBe(404);
    expect((await office.opens('short')).status).toBe(404);
  });
});

describe('the course of a charter', () => {
  test('goes from confirmed to completed, and tells payments', async () => {
    const office = await anOffice(bookings);
    const { starts, completes } = away(office);
    const { charter, token } = await office.sentQuote();
    await office.accepts(token);
    await office.hearsSchedule(charter.id, false);
    expect((await starts(charter.id)).body.status).toBe('in_progress');
    expect((await completes(charter.id)).body.status).toBe('completed');
    expect(await bookings.announced(office.tenant_id, '%completed%')).toMatchObject([
      { data: { charter_id: charter.id, version: 6 } },
    ]);
  });

  test('refuses every other step with what is allowed', async () => {
    const office = await anOffice(bookings);
    const { starts, completes } = away(office);
    const charter = await office.takesInquiry();
    for (const step of [starts, completes]) {
      const { status, body } = await step(charter.id);
      expect([status, body]).toMatchObject([409, { allowed: ['quoted', 'canceled'] }]);
    }
  });

  test('ends by canceling before the acceptance only', async () => {
    const office = await anOffice(bookings);
    const { cancels } = away(office);
    const open = await office.takesInquiry();
    expect((await cancels(open.id)).body.status).toBe('canceled');
    expect((await cancels(open.id)).code).toBe('transition_illegal');
    const { charter, token } = await office.sentQuote();
    await office.accepts(token);
    expect((await cancels(charter.id)).code).toBe('charter_accepted');
  });

  test('a quote of a canceled charter cannot be accepted', async () => {
    const office = await anOffice(bookings);
    const { charter, token } = await office.sentQuote();
    await away(office).cancels(charter.id);
    expect((await office.accepts(token)).code).toBe('transition_illegal');
  });

  test('with a stale version nothing moves', async () => {
    const office = await anOffice(bookings);
    const { charter } = await office.sentQuote();
    const input = { params: { id: charter.id }, body: { reason: 'Off.' } };
    const answer = await office.dispatcher.tries('cancelCharter', input, { if_match: 1 });
    expect([answer.status, answer.code]).toEqual([412, 'version_stale']);
  });

  test('is the one that the database and the README know too', async () => {
    const states = Object.keys(transitions);
    const [check] = await bookings.database.inspect<{ definition: string }>(
      `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
         WHERE conrelid = 'bookings.charters'::regclass AND conname = 'charters_status_check'`,
    );
    const known = [...(check?.definition ?? '').matchAll(/'(\w+)'::text/g)].map(([, one]) => one);
    expect(known).toEqual(states);
    const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
    for (const [from, to] of Object.entries(transitions)) {
      expect(readme).toContain(`| ${from} | ${to.length === 0 ? '–' : to.join(', ')} |`);
    }
  });
});

describe('the lists', () => {
  test('filter by status, client and charter', async () => {
    const office = await anOffice(bookings);
    const { charter, quote } = await office.sentQuote();
    const other = await office.takesInquiry();
    const list = (query: Record<string, string>) =>
      office.dispatcher.does('listCharters', { query });
    const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);
    expect(ids(await list({}))).toEqual([other.id, charter.id]);
    expect(ids(await list({ status: 'quoted' }))).toEqual([charter.id]);
    expect(ids(await list({ client_id: other.client_id }))).toEqual([other.id]);
    const quotes = await office.dispatcher.does('listQuotes', {
      query: { charter_id: charter.id },
    });
    expect(ids(quotes)).toEqual([quote.id]);
    const resources = await office.dispatcher.does('listResources', {
      query: { vehicle_type: 'coach_56' },
    });
    expect(resources.data).toMatchObject([{ name: 'Coach 1', status: 'active' }]);
  });
});

describe('the wall', () => {
  test('another business finds none of our things, whatever it tries', async () => {
    const office = await anOffice(bookings);
    const { charter, quote } = await office.sentQuote();
    const [type] = (await office.dispatcher.does('listVehicleTypes', {})).data;
    const [coach] = (await office.dispatcher.does('listResources', {})).data;
    const rival = bookings.actor(['owner']);
    const of = (id: string | undefined) => ({ params: { id: id ?? '' } });
    const answers = await Promise.all([
      rival.tries('getCharter', of(charter.id)),
      rival.tries('createQuote', of(charter.id)),
      rival.tries('startCharter', of(charter.id)),
      rival.tries('completeCharter', of(charter.id)),
      rival.tries('cancelCharter', { ...of(charter.id), body: { reason: 'Ours.' } }),
      rival.tries('getQuote', of(quote.id)),
      rival.tries('sendQuote', of(quote.id)),
      rival.tries('getVehicleType', of(type?.id)),
      rival.tries('changeVehicleType', { ...of(type?.id), body: { seats: 1 } }),
      rival.tries('getResource', of(coach?.id)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect((await rival.does('listCharters', {})).data).toEqual([]);
    expect((await rival.does('listQuotes', {})).data).toEqual([]);
  });

  test('staff reads and does not write', async () => {
    const office = await anOffice(bookings);
    const staff = bookings.actor(['staff'], office.tenant_id);
    const { id } = await office.takesInquiry();
    expect((await staff.tries('getCharter', { params: { id } })).status).toBe(200);
    const start = await staff.tries('startCharter', { params: { id } });
    expect(start.code).toBe('permission_missing');
  });
});

describe('vehicles', () => {
  test('have one name and a known type', async () => {
    const office = await anOffice(bookings);
    const add = (vehicle_type: string, name: string) =>
      office.dispatcher.tries('createResource', { body: { vehicle_type, name } });
    expect((await add('coach_56', 'Coach 1')).code).toBe('name_taken');
    expect((await add('boat', 'Boat 1')).code).toBe('vehicle_type_unknown');
  });

  test('have types with a code of their own that can be changed but for the code', async () => {
    const office = await anOffice(bookings);
    const [type] = (await office.dispatcher.does('listVehicleTypes', {})).data;
    const { dispatcher } = office;
    const { id = '', created_at: _, updated_at: __, version: ___, ...body } = type ?? ({} as never);
    const again = await dispatcher.tries('createVehicleType', {
      body: { ...body, id: undefined },
    } as never);
    expect(again.code).toBe('code_taken');
    const params = { id };
    const changed = await dispatcher.does('changeVehicleType', { params, body: { seats: 50 } });
    expect(changed).toMatchObject({ seats: 50, code: 'coach_56', version: 2 });
    const recoded = await dispatcher.tries('changeVehicleType', {
      params,
      body: { code: 'x' },
    } as never);
    expect(recoded.status).toBe(422);
  });
});
