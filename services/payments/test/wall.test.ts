import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Role } from '@roundhouse/service/contract';
import { aBusiness, type Payments, servePayments } from './a-business.ts';

let payments: Payments;
beforeAll(async () => {
  payments = await servePayments();
});
afterAll(() => payments.stop());

const reads = ['getSchedule', 'getPayment', 'getInvoice'] as const;
const lists = ['listSchedules', 'listPayments', 'listInvoices', 'listLedgerAccounts'] as const;

async function aSettledCharter() {
  const business = await aBusiness(payments);
  const { charter_id, schedule, token } = await business.anAcceptedCharter();
  const { body: payment } = await business.pays(token, 'deposit');
  await business.hearsCompleted(charter_id);
  const [invoice] = await business.invoicesOf(charter_id);
  const ids = { getSchedule: schedule.id, getPayment: payment.id, getInvoice: invoice?.id ?? '' };
  return { business, charter_id, ids };
}

describe('the wall', () => {
  test('shows each thing to its business, and to no other one', async () => {
    const { business, charter_id, ids } = await aSettledCharter();
    const rival = await aBusiness(payments);
    for (const name of reads) {
      const params = { id: ids[name] };
      expect((await business.accountant.tries(name, { params })).status).toBe(200);
      expect((await rival.accountant.tries(name, { params })).status).toBe(404);
      const nothing = { id: randomUUID() };
      expect((await business.accountant.tries(name, { params: nothing })).status).toBe(404);
    }
    for (const name of lists) {
      expect((await business.accountant.does(name, {})).data.length).toBeGreaterThan(0);
      expect((await rival.accountant.does(name, {})).data).toEqual([]);
    }
    expect(await rival.invoicesOf(charter_id)).toEqual([]);
    expect(await rival.accountant.does('getTrialBalance', {})).toEqual({ data: [] });
  });

  test.each<[Role, number]>([
    ['owner', 200],
    ['accountant', 200],
    ['dispatcher', 403],
    ['staff', 403],
    ['client', 403],
  ])('lets a %s in with %i', async (role, status) => {
    const colleague = payments.actor([role]);
    for (const name of [...lists, 'getTrialBalance'] as const) {
      expect((await colleague.tries(name, {})).status).toBe(status);
    }
    const params = { id: randomUUID() };
    for (const name of reads) {
      const expected = status === 200 ? 404 : status;
      expect((await colleague.tries(name, { params })).status).toBe(expected);
    }
  });

  test('lets nobody in without a token', async () => {
    for (const name of [...lists, 'getTrialBalance'] as const) {
      expect((await payments.stranger().tries(name, {})).code).toBe('token_missing');
    }
  });
});

describe('the lists', () => {
  test('give each thing once, page after page', async () => {
    const business = await aBusiness(payments);
    for (let count = 0; count < 5; count += 1) {
      const { charter_id, token } = await business.anAcceptedCharter();
      await business.pays(token, 'deposit');
      await business.hearsCompleted(charter_id);
    }
    for (const name of lists) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query: Record<string, string> = cursor === null ? {} : { cursor };
        const page: { data: { id: string }[]; next_cursor: string | null } =
          await business.accountant.does(name, { query: { limit: '2', ...query } });
        seen.push(...page.data.map(({ id }) => id));
        cursor = page.next_cursor;
      } while (cursor !== null);
      expect([name, seen.length, new Set(seen).size]).toEqual([name, 5, 5]);
    }
  });

  test.each([[{ limit: '0' }], [{ cursor: 'bogus' }], [{ sort: 'total' }], [{ booking_id: 'x' }]])(
    'refuse %j',
    async (query) => {
      const { status } = await payments
        .actor(['accountant'])
        .tries('listSchedules', { query } as never);
      expect(status).toBe(422);
    },
  );
});
