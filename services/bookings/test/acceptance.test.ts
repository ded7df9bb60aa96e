import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PaymentSucceeded } from '@roundhouse/payments/events';
import type { ServedService } from '@roundhouse/testing';
import type { contract } from '../src/contract.ts';
import { anOffice, serveBookings } from './an-office.ts';

let bookings: ServedService<typeof contract>;
let now = Temporal.Instant.from('2026-11-21T09:00:00Z');
beforeAll(async () => {
  bookings = await serveBookings(() => now);
});
afterAll(() => bookings.stop());

const heldCoaches = (tenant_id: string) =>
  bookings.database.inspect<{ resource_id: string; state: string }>(
    'SELECT resource_id, state FROM bookings.allocations WHERE tenant_id = $1 ORDER BY id',
    [tenant_id],
  );

const depositPaid = (tenant_id: string, booking_id: string, id: string = randomUUID()) =>
  bookings.hears(PaymentSucceeded, {
    tenant_id,
    id,
    data: {
      payment_id: randomUUID(),
      schedule_id: randomUUID(),
      booking_id,
      item: 'deposit',
      amount: { amount: 21_600, currency: 'USD' },
      succeeded_at: '2026-11-21T10:00:00Z',
    },
  });

describe('accepting a quote', () => {
  test('holds the coach from garage to garage and keeps the evidence', async () => {
    const office = await anOffice(bookings);
    const { charter, quote, token } = await office.sentQuote();
    const { status, body } = await office.accepts(token);
    expect([status, body.status]).toEqual([200, 'accepted']);
    expect(await office.reads(charter.id)).toMatchObject({ status: 'accepted' });
    const held = await bookings.database.inspect(
      `SELECT state, starts_at::text, ends_at::text, held_until IS NOT NULL AS waits
         FROM bookings.allocations WHERE tenant_id = $1`,
      [office.tenant_id],
    );
    expect(held).toEqual([
      {
        state: 'held',
        starts_at: '2027-03-12 12:00:00+00',
        ends_at: '2027-03-13 00:00:00+00',
        waits: true,
      },
    ]);
    const evidence = await bookings.database.inspect(
      'SELECT name, price_hash, total_amount FROM bookings.acceptances WHERE quote_id = $1',
      [quote.id],
    );
    expect(evidence).toEqual([
      { name: 'Pat Principal', price_hash: quote.price.hash, total_amount: '108000' },
    ]);
  });

  test('announces all that payments needs', async () => {
    const office = await anOffice(bookings);
    const { charter, token } = await office.sentQuote();
    await office.accepts(token);
    const [post] = await bookings.announced(office.tenant_id, 'bookings.charter.accepted.v1');
    expect(post?.data).toMatchObject({
      charter_id: charter.id,
      contact: { name: 'Riverside High School' },
      deposit: { amount: 21_600, currency: 'USD' },
      balance: { amount: 86_400, currency: 'USD' },
      held_until: '2026-11-23T09:00:00Z',
      balance_due_at: '2027-02-26T13:00:00Z',
    });
  });

  test('leaves the second client for the same coach with a 409 and what is free', async () => {
    const office = await anOffice(bookings);
    const first = await office.sentQuote();
    const second = await office.sentQuote();
    expect((await office.accepts(first.token)).status).toBe(200);
    const late = await office.accepts(second.token);
    expect([late.status, late.code]).toEqual([409, 'vehicle_taken']);
    expect(late.body).toMatchObject({ free: [{ vehicle_type: 'coach_56', wanted: 1, free: 0 }] });
    expect(await office.reads(second.charter.id)).toMatchObject({ status: 'quoted' });
  });

  test('takes the same coach again right after it is back', async () => {
    const office = await anOffice(bookings);
    const first = await office.sentQuote();
    const evening = {
      stops: first.charter.stops.slice(1).map(({ at: _, ...stop }, index) => ({
        ...stop,
        local_time: index === 0 ? '2027-03-12T20:00' : '2027-03-12T22:00',
      })),
    };
    const second = await office.sentQuote(evening);
    expect((await office.accepts(first.token)).status).toBe(200);
    expect((await office.accepts(second.token)).status).toBe(200);
  });

  test('twice says that it is accepted; with one key it gives the first answer', async () => {
    const office = await anOffice(bookings);
    const { token } = await office.sentQuote();
    const key = { idempotency_key: 'accept-1' };
    const first = await office.accepts(token, key);
    const again = await office.accepts(token, key);
    const other = await office.accepts(token);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect([other.status, other.code]).toEqual([409, 'quote_accepted']);
    expect(await heldCoaches(office.tenant_id)).toHaveLength(1);
    expect(await bookings.announced(office.tenant_id, '%accepted%')).toHaveLength(1);
  });

  test('is possible for the latest quote only', async () => {
    const office = await anOffice(bookings);
    const { charter, token } = await office.sentQuote();
    const better = await office.sends((await office.quotes(charter.id)).id);
    expect((await office.accepts(token)).code).toBe('quote_superseded');
    const latest = better.public_url.split('/').at(-1) ?? '';
    expect((await office.accepts(latest)).status).toBe(200);
  });

  test('ends with the day until which the quote is valid', async () => {
    const office = await anOffice(bookings);
    const { token } = await office.sentQuote();
    const today = now;
    now = today.add({ hours: 30 * 24 + 1 });
    const late = await office.accepts(token);
    now = today;
    expect([late.status, late.code]).toEqual([409, 'quote_expired']);
  });

  test('of a quote that was not sent is impossible: its link is not known to anybody', async () => {
    const office = await anOffice(bookings);
    expect((await office.accepts('A'.repeat(70))).status).toBe(404);
  });
});

describe('fifty clients at once', () => {
  test.each([1, 3])(
    'for %i coaches: as many are told yes, all others 409',
    async (coaches) => {
      for (let round = 0; round < 5; round += 1) {
        const office = await anOffice(bookings, { coaches });
        const offers = [];
        for (let client = 0; client < 50; client += 1) offers.push(await office.sentQuote());
        const answers = await Promise.all(offers.map(({ token }) => office.accepts(token)));
        const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
        expect([count(200), count(409)]).toEqual([coaches, 50 - coaches]);
        const held = await heldCoaches(office.tenant_id);
        expect(new Set(held.map(({ resource_id }) => resource_id)).size).toBe(coaches);
      }
    },
    120_000,
  );
});

describe('confirming', () => {
  test('comes with the deposit, once, however often it is told', async () => {
    const office = await anOffice(bookings);
    const { charter, token } = await office.sentQuote();
    await office.accepts(token);
    const event = await depositPaid(office.tenant_id, charter.id);
    await depositPaid(office.tenant_id, charter.id, event);
    await depositPaid(office.tenant_id, charter.id);
    expect(await office.reads(charter.id)).toMatchObject({ status: 'confirmed' });
    expect(await heldCoaches(office.tenant_id)).toMatchObject([{ state: 'booked' }]);
    expect(await bookings.announced(office.tenant_id, '%confirmed%')).toHaveLength(1);
  });

  test('also comes when the deposit is heard of before the schedule', async () => {
    const office = await anOffice(bookings);
    const { charter, token } = await office.sentQuote();
    await office.accepts(token);
    await depositPaid(office.tenant_id, charter.id);
    await office.hearsSchedule(charter.id);
    expect(await office.reads(charter.id)).toMatchObject({ status: 'confirmed' });
    expect((await office.opens(token)).body.payment_url).toContain('/payments/public/links/');
  });

  test('follows at once where no deposit was agreed', async () => {
    const office = await anOffice(bookings);
    const { charter, token } = await office.sentQuote();
    await office.accepts(token);
    await office.hearsSchedule(charter.id, false);
    expect(await office.reads(charter.id)).toMatchObject({ status: 'confirmed' });
  });
});

test('the payment link is on the public quote as soon as the schedule is known', async () => {
  const office = await anOffice(bookings);
  const { charter, token } = await office.sentQuote();
  const { body } = await office.accepts(token);
  expect(body.payment_url).toBeNull();
  await office.hearsSchedule(charter.id);
  const shown = await office.opens(token);
  expect(shown.body).toMatchObject({ business_name: 'Blue Coach Lines', status: 'accepted' });
  expect(shown.body.payment_url).toMatch(/^http:\/\/localhost:8080\/api\/v1\/payments\/public\//);
});
