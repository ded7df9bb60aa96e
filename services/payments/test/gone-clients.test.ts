import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ClientMerged } from '@roundhouse/clients/events';
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
