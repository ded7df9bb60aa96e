import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TenantChanged, TenantCreated } from '@roundhouse/auth/events';
import { type ServedService, settingsOf } from '@roundhouse/testing';
import type { contract } from '../src/contract.ts';
import { anOffice, serveBookings } from './an-office.ts';

let bookings: ServedService<typeof contract>;
beforeAll(async () => {
  bookings = await serveBookings();
});
afterAll(() => bookings.stop());

const made = { event: TenantCreated, version: 1, name: 'Blue Coach Lines', time_zone: 'UTC' };
const moved = { event: TenantChanged, version: 2, name: 'Blue Coaches', time_zone: 'Asia/Tokyo' };
const last = { event: TenantChanged, version: 3, name: 'Blue', time_zone: 'America/Chicago' };

test.each([
  ['in order', [made, moved, last]],
  ['in the other order', [last, moved, made]],
  ['twice', [made, moved, last, last, moved, made]],
])('a business that has changed is shown as it is now, told %s', async (_, told) => {
  const office = await anOffice(bookings);
  const { tenant_id } = office;
  for (const { event, ...settings } of told) {
    await bookings.hears(event, { tenant_id, data: settingsOf(tenant_id, settings) });
  }
  const { token } = await office.sentQuote();
  expect((await office.opens(token)).body.business_name).toBe('Blue');
  const kept = await bookings.database.inspect(
    'SELECT time_zone, version::int FROM bookings.tenant_settings WHERE tenant_id = $1',
    [tenant_id],
  );
  expect(kept).toEqual([{ time_zone: 'America/Chicago', version: 3 }]);
});
