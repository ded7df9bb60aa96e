import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ClientErased, ClientMerged } from '@roundhouse/clients/events';
import { holdClient } from '../src/clients/store.ts';
import { aBusiness, type Business, type Payments, servePayments } from './a-business.ts';

let payments: Payments;
beforeAll(async () => {
  payments = await servePayments();
});
afterAll(() => payments.stop());

const merged = ({ tenant_id }: Business, kept: string, merged_id: string) =>
  payments.hears(ClientMerged, {
    tenant_id,
    data: { ...ClientMerged.example, id: kept, merged_id },
  });

const contactOf = (client_id: string) => ({
  contact: { client_id, name: 'Pat Rider', email: 'pat@rider.example', phone: null },
});

/** Of whom the schedule of a charter is, by the row and by the document in it. */
async function clientOf(charter_id: string) {
  const [row] = await payments.database.inspect<{ client_id: string; contact: object }>(
    'SELECT client_id, contact FROM payments.schedules WHERE booking_id = $1',
    [charter_id],
  );
  return row;
}

describe('a merge', () => {
  test('gives the schedules to the kept one; an invoice keeps whom it was billed to', async () => {
    const business = await aBusiness(payments);
    const [kept, gone] = [randomUUID(), randomUUID()];
    const { charter_id } = await business.anAcceptedCharter(contactOf(gone));
    await business.hearsCompleted(charter_id);
    await merged(business, kept, gone);
    const { contact } = contactOf(kept);
    expect(await clientOf(charter_id)).toEqual({ client_id: kept, contact });
    const [invoice] = await business.invoicesOf(charter_id);
    expect(invoice?.bill_to.client_id).toBe(gone);
  });

  test.each([
    ['in order', [0, 1]],
    ['the other way around', [1, 0]],
    ['twice', [1, 1, 0, 0]],
  ])('of a chain is followed, told %s, by what comes late too', async (_, order) => {
    const business = await aBusiness(payments);
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    const { charter_id } = await business.anAcceptedCharter(contactOf(first));
    const tell = [() => merged(business, second, first), () => merged(business, third, second)];
    for (const index of order) await tell[index]?.();
    expect((await clientOf(charter_id))?.client_id).toBe(third);
    const late = await business.anAcceptedCharter(contactOf(first));
    expect((await clientOf(late.charter_id))?.client_id).toBe(third);
  });

  test('told when the schedule is made takes it along, time and again', async () => {
    const business = await aBusiness(payments);
    for (let round = 0; round < 10; round += 1) {
      const [kept, gone, charter_id] = [randomUUID(), randomUUID(), randomUUID()];
      await Promise.all([
        business.hearsAccepted(charter_id, contactOf(gone)),
        merged(business, kept, gone),
      ]);
      expect((await clientOf(charter_id))?.client_id).toBe(kept);
    }
  });
});

test('schedules of one client are made at once: none waits for the other to commit', async () => {
  const business = await aBusiness(payments);
  const client_id = randomUUID();
  const origin = {
    actor_kind: 'system',
    actor_id: null,
    request_id: 'test',
    address: null,
  } as const;
  await payments.app.tenant(business.tenant_id, origin).transaction(async (tx) => {
    await tx.query(holdClient(business.tenant_id, client_id));
    const { schedule } = await business.anAcceptedCharter(contactOf(client_id));
    expect(schedule.total.amount).toBeGreaterThan(0);
  });
});

describe('an erasure', () => {
  const CLEARED = { name: 'Erased client', email: null, phone: null };
  const erased = ({ tenant_id }: Business, ...ids: [string, ...string[]]) =>
    payments.hears(ClientErased, {
      tenant_id,
      data: {
        ...{ id: ids[0], version: 5, erased_at: '2026-11-21T09:30:00Z' },
        erased: ids.map((id) => ({ id, version: 5 })),
      },
    });

  test('clears what is invoiced; the invoice keeps whom it was billed to', async () => {
    const business = await aBusiness(payments);
    const [client_id, other] = [randomUUID(), randomUUID()];
    const { charter_id } = await business.anAcceptedCharter(contactOf(client_id));
    const { charter_id: others } = await business.anAcceptedCharter(contactOf(other));
    for (const id of [charter_id, others]) await business.hearsCompleted(id);
    await erased(business, client_id);
    expect((await clientOf(charter_id))?.contact).toEqual({ client_id, ...CLEARED });
    expect((await clientOf(others))?.contact).toEqual(contactOf(other).contact);
    const [invoice] = await business.invoicesOf(charter_id);
    expect(invoice?.bill_to).toEqual(contactOf(client_id).contact);
  });

  test('leaves what is to be invoiced until it is, also for who was merged', async () => {
    const business = await aBusiness(payments);
    const [client_id, gone] = [randomUUID(), randomUUID()];
    const { charter_id } = await business.anAcceptedCharter(contactOf(gone));
    await merged(business, client_id, gone);
    await erased(business, client_id, gone);
    const { contact } = contactOf(client_id);
    expect((await clientOf(charter_id))?.contact).toEqual(contact);
    await business.hearsCompleted(charter_id);
    expect((await clientOf(charter_id))?.contact).toEqual({ client_id, ...CLEARED });
    const [invoice] = await business.invoicesOf(charter_id);
    expect(invoice?.bill_to).toEqual(contact);
  });

  test('at once with the invoice leaves nothing, time and again', async () => {
    const business = await aBusiness(payments);
    for (let round = 0; round < 10; round += 1) {
      const client_id = randomUUID();
      const { charter_id } = await business.anAcceptedCharter(contactOf(client_id));
      await Promise.all([business.hearsCompleted(charter_id), erased(business, client_id)]);
      expect((await clientOf(charter_id))?.contact).toEqual({ client_id, ...CLEARED });
    }
  });

  test('told before a merge into the erased one brings nothing back', async () => {
    const business = await aBusiness(payments);
    const [client_id, gone] = [randomUUID(), randomUUID()];
    const { charter_id } = await business.anAcceptedCharter(contactOf(gone));
    await erased(business, client_id, gone);
    await merged(business, client_id, gone);
    await business.hearsCompleted(charter_id);
    expect((await clientOf(charter_id))?.contact).toEqual({ client_id, ...CLEARED });
  });
});
