import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ClientChanged, ClientErased, ClientMerged } from '@roundhouse/clients/events';
import { anOffice, aTrip, serveBookings } from './an-office.ts';

let bookings: Awaited<ReturnType<typeof serveBookings>>;

beforeAll(async () => {
  bookings = await serveBookings();
});
afterAll(() => bookings.stop());

type Office = Awaited<ReturnType<typeof anOffice>>;

const factsOf = (id: string, version: number) => ({
  ...{ id, version, name: 'Late', email: 'late@rider.example', phone: null },
  ...{ status: 'active' as const },
});

const erased = ({ tenant_id }: Office, ...ids: [string, ...string[]]) =>
  bookings.hears(ClientErased, {
    tenant_id,
    data: {
      ...{ id: ids[0], version: 5, erased_at: '2026-11-21T09:30:00Z' },
      erased: ids.map((id) => ({ id, version: 5 })),
    },
  });

const copyOf = async (id: string) =>
  (
    await bookings.database.inspect(
      'SELECT name, email, status FROM bookings.clients WHERE id = $1',
      [id],
    )
  )[0];
const SHELL = { name: 'Erased client', email: null, status: 'barred' };

test('cancels what nobody has agreed to, and forgets where it was to go', async () => {
  const office = await anOffice(bookings);
  const { charter, quote, token } = await office.sentQuote({ notes: 'For Pat Rider' });
  await erased(office, charter.client_id);
  const after = await office.reads(charter.id);
  expect([after.status, after.notes, after.stops[0]?.address]).toEqual([
    'canceled',
    null,
    'Erased',
  ]);
  expect(after.stops.map(({ at }) => at)).toEqual(charter.stops.map(({ at }) => at));
  expect((await office.accepts(token)).status).toBe(409);
  const shown = await office.dispatcher.does('getQuote', { params: { id: quote.id } });
  const { client_id } = charter;
  expect(shown.contact).toEqual({ client_id, name: SHELL.name, email: null, phone: null });
  const canceled = await bookings.announced(office.tenant_id, '%canceled%');
  expect(canceled.map(({ subject }) => subject)).toEqual([charter.id]);
});

test('leaves a trip under way as it is until it has ended, and its evidence for good', async () => {
  const office = await anOffice(bookings);
  const { charter, quote, token } = await office.sentQuote({ notes: 'For Pat Rider' });
  await office.accepts(token);
  await office.hearsSchedule(charter.id, false);
  await erased(office, charter.client_id);
  const during = await office.reads(charter.id);
  expect([during.status, during.notes]).toEqual(['confirmed', 'For Pat Rider']);
  const params = { id: charter.id };
  await office.dispatcher.does('startCharter', { params });
  const key = { idempotency_key: 'done' };
  const { body } = await office.dispatcher.tries('completeCharter', { params }, key);
  expect([body.status, body.notes, body.stops[0]?.address]).toEqual(['completed', null, 'Erased']);
  expect(await office.reads(charter.id)).toEqual(body);
  const [evidence] = await bookings.database.inspect(
    'SELECT name FROM bookings.acceptances WHERE quote_id = $1',
    [quote.id],
  );
  expect(evidence).toEqual({ name: 'Pat Principal' });
});

test('lets nobody book for it, and late news brings nothing back', async () => {
  const office = await anOffice(bookings);
  const { client_id } = await office.takesInquiry();
  await erased(office, client_id);
  const { tenant_id } = office;
  await bookings.hears(ClientChanged, { tenant_id, data: factsOf(client_id, 4) });
  expect(await copyOf(client_id)).toEqual(SHELL);
  const refused = await office.dispatcher.tries('createCharter', {
    body: { ...aTrip(), client_id } as never,
  });
  expect(refused.code).toBe('client_barred');
});

test('told before the merge that came before it leaves nothing of either', async () => {
  const office = await anOffice(bookings);
  const { id, client_id: gone } = await office.takesInquiry({ notes: 'For Pat Rider' });
  const kept = randomUUID();
  await erased(office, kept, gone);
  const data = { ...factsOf(kept, 3), merged_id: gone, merged_version: 4 };
  await bookings.hears(ClientMerged, { tenant_id: office.tenant_id, data });
  const charter = await office.reads(id);
  expect([charter.client_id, charter.status, charter.notes]).toEqual([kept, 'canceled', null]);
  expect([await copyOf(kept), await copyOf(gone)]).toEqual([SHELL, SHELL]);
});

test('at once with inquiries leaves none of them open, time and again', async () => {
  const office = await anOffice(bookings);
  for (let round = 0; round < 10; round += 1) {
    const { client_id } = await office.takesInquiry();
    const inquiry = { ...aTrip({ notes: 'For Pat Rider' }), client_id };
    await Promise.all([
      erased(office, client_id),
      ...[1, 2, 3].map(() => office.dispatcher.tries('createCharter', { body: inquiry as never })),
    ]);
    const { data } = await office.dispatcher.does('listCharters', { query: { client_id } });
    for (const { status, notes } of data) expect([status, notes]).toEqual(['canceled', null]);
  }
});
