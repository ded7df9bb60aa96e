import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ClientChanged, ClientMerged } from '@roundhouse/clients/events';
import { anOffice, aTrip, serveBookings } from './an-office.ts';

let bookings: Awaited<ReturnType<typeof serveBookings>>;

beforeAll(async () => {
  bookings = await serveBookings();
});
afterAll(() => bookings.stop());

type Office = Awaited<ReturnType<typeof anOffice>>;

const factsOf = (id: string, version = 2) => ({
  ...{ id, version, name: `Kept ${id}`, email: 'kept@riverside.example', phone: null },
  ...{ status: 'active' as const },
});

const merged = ({ tenant_id }: Office, kept: string, merged_id: string, version = 2) =>
  bookings.hears(ClientMerged, {
    tenant_id,
    data: { ...factsOf(kept, version), merged_id, merged_version: 2 },
  });

const clientOf = async (office: Office, id: string) => (await office.reads(id)).client_id;

test('what was the merged one’s is the kept one’s, but for what was agreed', async () => {
  const office = await anOffice(bookings, { coaches: 2 });
  const [open, agreed] = [await office.sentQuote(), await office.sentQuote()];
  await office.accepts(agreed.token);
  const kept = randomUUID();
  for (const { charter } of [open, agreed]) await merged(office, kept, charter.client_id);
  for (const { charter } of [open, agreed]) expect(await clientOf(office, charter.id)).toBe(kept);
  const quoted = async (id: string) =>
    (await office.dispatcher.does('getQuote', { params: { id } })).contact.client_id;
  expect(await quoted(open.quote.id)).toBe(kept);
  expect(await quoted(agreed.quote.id)).toBe(agreed.charter.client_id);
});

test('who asks for the merged one gets a charter of the kept one', async () => {
  const office = await anOffice(bookings);
  const { client_id } = await office.takesInquiry();
  const kept = randomUUID();
  await merged(office, kept, client_id);
  const charter = await office.dispatcher.does('createCharter', {
    body: { ...aTrip(), client_id } as never,
  });
  expect(charter.client_id).toBe(kept);
  const [post] = (await bookings.announced(office.tenant_id, '%requested%')).slice(-1);
  expect(post?.data.contact).toMatchObject({ client_id: kept, name: `Kept ${kept}` });
});

test('a client that was barred when merged takes nothing new', async () => {
  const office = await anOffice(bookings);
  const { client_id } = await office.takesInquiry();
  const kept = randomUUID();
  await bookings.hears(ClientMerged, {
    tenant_id: office.tenant_id,
    data: { ...factsOf(kept), status: 'barred', merged_id: client_id, merged_version: 2 },
  });
  const refused = await office.dispatcher.tries('createCharter', {
    body: { ...aTrip(), client_id } as never,
  });
  expect(refused.code).toBe('client_barred');
});

test.each(['in order', 'the other way around', 'twice'])('of a chain, told %s', async (how) => {
  const office = await anOffice(bookings);
  const { id, client_id: first } = await office.takesInquiry();
  const [second, third] = [randomUUID(), randomUUID()];
  const tellings = [
    () => merged(office, second, first),
    // The second one had become a version 2 by then, and is at 3 when it goes.
    () =>
      bookings.hears(ClientMerged, {
        tenant_id: office.tenant_id,
        data: { ...factsOf(third), merged_id: second, merged_version: 3 },
      }),
  ];
  const [one, other] = tellings as [() => Promise<string>, () => Promise<string>];
  const orders = { 'in order': [one, other], 'the other way around': [other, one] };
  const wanted = orders[how as keyof typeof orders] ?? [one, one, other, other, one];
  for (const tell of wanted) await tell();
  expect(await clientOf(office, id)).toBe(third);
  const later = await office.dispatcher.does('createCharter', {
    body: { ...aTrip(), client_id: first } as never,
  });
  expect(later.client_id).toBe(third);
});

test('news of the merged one that comes late brings nothing of it back', async () => {
  const office = await anOffice(bookings);
  const { client_id } = await office.takesInquiry();
  await merged(office, randomUUID(), client_id);
  const late = { ...factsOf(client_id, 1), name: 'Late' };
  await bookings.hears(ClientChanged, { tenant_id: office.tenant_id, data: late });
  const [copy] = await bookings.database.inspect(
    'SELECT name, email FROM bookings.clients WHERE id = $1',
    [client_id],
  );
  expect(copy).toEqual({ name: '', email: null });
});

test('an inquiry at the moment of the merge is the kept one’s, time and again', async () => {
  const office = await anOffice(bookings);
  for (let round = 0; round < 10; round += 1) {
    const { client_id } = await office.takesInquiry();
    const kept = randomUUID();
    const [, ...charters] = await Promise.all([
      merged(office, kept, client_id),
      ...[1, 2, 3].map(() =>
        office.dispatcher.does('createCharter', { body: { ...aTrip(), client_id } as never }),
      ),
    ]);
    for (const { id } of charters as { id: string }[])
      expect(await clientOf(office, id)).toBe(kept);
  }
});
