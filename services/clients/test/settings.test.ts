import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TenantChanged, TenantCreated } from '@roundhouse/auth/events';
import { anAuth, type ServedService, serve, settingsOf } from '@roundhouse/testing';
import { createApp } from '../src/app.ts';
import { contract } from '../src/contract.ts';
import { subscriptions } from '../src/subscriptions.ts';

let clients: ServedService<typeof contract>;
beforeAll(async () => {
  const auth = anAuth({ time_zone: 'UTC' });
  clients = await serve({
    contract,
    subscriptions,
    createApp: (base) => createApp({ ...base, auth }),
  });
});
afterAll(() => clients.stop());

const made = { event: TenantCreated, time_zone: 'America/Denver', version: 1 };
const moved = { event: TenantChanged, time_zone: 'America/Chicago', version: 2 };
const back = { event: TenantChanged, time_zone: 'America/New_York', version: 3 };

test.each([
  ['in order', [made, moved, back]],
  ['in the other order', [back, moved, made]],
  ['twice', [made, moved, back, back, moved, made]],
  ['with the sign-up last', [moved, back, made]],
])('a business that has changed its time zone has the last one, told %s', async (_, told) => {
  const tenant_id = randomUUID();
  for (const { event, time_zone, version } of told) {
    const data = settingsOf(tenant_id, { time_zone, version });
    await clients.hears(event, { tenant_id, data });
  }
  const client = await clients
    .actor(['owner'], tenant_id)
    .does('createClient', { body: { name: 'Riverside High School' } });
  expect(client.time_zone).toBe('America/New_York');
});

test('the very same event a second time changes nothing', async () => {
  const tenant_id = randomUUID();
  const id = randomUUID();
  const first = settingsOf(tenant_id, { time_zone: 'America/Chicago', version: 2 });
  const later = settingsOf(tenant_id, { time_zone: 'America/Denver', version: 3 });
  await clients.hears(TenantChanged, { tenant_id, data: first, id });
  await clients.hears(TenantChanged, { tenant_id, data: later });
  await clients.hears(TenantChanged, { tenant_id, data: first, id });
  const client = await clients
    .actor(['owner'], tenant_id)
    .does('createClient', { body: { name: 'Riverside High School' } });
  expect(client.time_zone).toBe('America/Denver');
});
