import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { counted } from '@roundhouse/testing';
import { anOffice, type Bookings, serveBookings } from './an-office.ts';

let bookings: Bookings;
beforeAll(async () => {
  bookings = await serveBookings();
});
afterAll(() => bookings.stop());

const charters = (status: string) => counted('roundhouse_charters_total', { status });
const quotes = (status: string) => counted('roundhouse_quotes_total', { status });
const refused = () => counted('roundhouse_refusals_total', { code: 'vehicle_taken' });

test('a charter counts once in each status, also when its answer is asked for again', async () => {
  const office = await anOffice(bookings);
  const before = [await charters('inquiry'), await quotes('sent'), await charters('accepted')];
  const { token } = await office.sentQuote();
  await office.accepts(token, { idempotency_key: 'accept-once' });
  const again = await office.accepts(token, { idempotency_key: 'accept-once' });
  expect(again.status).toBe(200);
  const after = [await charters('inquiry'), await quotes('sent'), await charters('accepted')];
  expect(after).toEqual(before.map((count) => count + 1));
});

test('a slot that is refused is counted as that, and as no acceptance', async () => {
  const office = await anOffice(bookings);
  const [first, second] = [await office.sentQuote(), await office.sentQuote()];
  await office.accepts(first.token);
  const before = [await charters('accepted'), await quotes('accepted'), await refused()] as const;
  const { body } = await office.accepts(second.token);
  expect(body).toMatchObject({ code: 'vehicle_taken' });
  const after = [await charters('accepted'), await quotes('accepted'), await refused()];
  expect(after).toEqual([before[0], before[1], before[2] + 1]);
});
