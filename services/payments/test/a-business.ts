import { randomUUID } from 'node:crypto';
import { TenantCreated } from '@roundhouse/auth/events';
import { CharterAccepted, CharterCompleted } from '@roundhouse/bookings/events';
import { connect, type Database } from '@roundhouse/database';
import { createEmulator } from '@roundhouse/infra/stripe-emulator';
import { type SweepOptions, sweepOnce } from '@roundhouse/jobs';
import { type Link, sealLink } from '@roundhouse/service/links';
import { createLogger } from '@roundhouse/service/log';
import { eventually, type ServedService, serve, settingsOf } from '@roundhouse/testing';
import type { z } from 'zod';
import { createApp } from '../src/app.ts';
import { contract } from '../src/contract.ts';
import { connectStripe, type Provider } from '../src/stripe.ts';
import { subscriptions } from '../src/subscriptions.ts';
import { effectsSweep } from '../src/sweep.ts';

type Accepted = z.input<typeof CharterAccepted.data>;

export const usd = (amount: number) => ({ amount, currency: 'USD' });
const LINKS = { key: 'p'.repeat(32), public_url: 'http://localhost:8080/api/v1' };
export const STRIPE_KEY = 'sk_test_emulated';
export const WEBHOOK_SECRET = 'whsec_emulated';

/** What the provider itself has in its book of one account. */
export interface Book {
  account: string;
  balances: { currency: string; total: number }[];
  charges: { amount: number; status: string; metadata: Record<string, string> }[];
}

export interface Payments extends ServedService<typeof contract> {
  provider: Provider;
  /** What goes wrong at the provider from now on. */
  stripe(control: object): Promise<void>;
  book(account: string): Promise<Book>;
  /** One round of the sweep, however many effects are due. */
  sweeps(): Promise<number>;
  sweep: SweepOptions;
  /** The provider's clock, which forgets keys after a day. */
  clock: { stripe: () => Date };
  /** What was logged as an error, oldest first. */
  errors: Record<string, unknown>[];
}

/** The service on a database of its own, with the real SDK and a Stripe in this process. */
export async function servePayments(now?: () => Temporal.Instant): Promise<Payments> {
  const clock = { stripe: () => new Date() };
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const webhook = { url: 'http://127.0.0.1:9/', secret: WEBHOOK_SECRET };
  const emulator = createEmulator({
    ...{ key: STRIPE_KEY, store: ':memory:', webhook, log: quiet },
    now: () => clock.stripe(),
  });
  const { port, admin_port } = await emulator.listen();
  const provider = connectStripe({
    STRIPE_SECRET_KEY: STRIPE_KEY,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: `http://127.0.0.1:${port}`,
    STRIPE_MAY_BE_EMULATED: true,
  });
  const admin = async (path: string, body?: object) => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(`http://127.0.0.1:${admin_port}${path}`, init);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  const errors: Payments['errors'] = [];
  const logger = createLogger('payments', 'error');
  logger.error = ((_: string, fields: Payments['errors'][number]) => {
    errors.push(fields);
  }) as typeof logger.error;
  const served = await serve({
    contract,
    subscriptions,
    ...(now === undefined ? {} : { now }),
    createApp: (base) => createApp({ ...base, provider, links: LINKS, logger }),
  });
  const worker: Database = connect({ url: served.database.url('payments_worker'), max: 1 });
  const sweep: SweepOptions = effectsSweep({
    ...{ database: served.app, worker, provider, logger },
    onError: (error) => {
      throw error;
    },
  });
  await admin('/control', { webhooks: { url: `${served.base_url}/webhooks/stripe` } });
  return {
    ...served,
    provider,
    clock,
    errors,
    sweep,
    stripe: async (control) => void (await admin('/control', control)),
    book: async (account) => {
      const { accounts } = (await admin(`/book?account=${account}`)) as { accounts: [Book] };
      return accounts[0];
    },
    sweeps: () => sweepOnce(sweep),
    stop: async () => {
      await emulator.close();
      await worker.close();
      await served.stop();
    },
  };
}

/** What a school agreed to: 1,080.00, of which 216.00 down. */
const anAgreement = (charter_id: string, changes: Partial<Accepted> = {}): Accepted => ({
  ...CharterAccepted.example,
  charter_id,
  lines: [
    {
      kind: 'time',
      description: 'coach_56, 10 hours',
      quantity: '10',
      unit: 'hour',
      unit_price: usd(10_000),
      amount: usd(100_000),
    },
  ],
  net: usd(100_000),
  tax: { name: 'Tax', rate_ppm: 80_000, amount: usd(8_000) },
  total: usd(108_000),
  deposit: usd(21_600),
  balance: usd(86_400),
  ...changes,
});

export const noDeposit = { deposit: usd(0), balance: usd(108_000) };
export const allDown = { deposit: usd(108_000), balance: usd(0) };

export type Item = 'deposit' | 'balance';

/** A business, its accountant, and whoever has a link to pay. */
export async function aBusiness(payments: Payments, { known = true } = {}) {
  const tenant_id = randomUUID();
  const accountant = payments.actor(['accountant'], tenant_id);
  const anybody = payments.stranger();

  const signsUp = (id?: string) => {
    const data = settingsOf(tenant_id) as never;
    return payments.hears(TenantCreated, { tenant_id, data, ...(id && { id }) });
  };
  const hearsAccepted = (charter_id: string, changes?: Partial<Accepted>, id?: string) => {
    const data = anAgreement(charter_id, changes);
    return payments.hears(CharterAccepted, { tenant_id, data, ...(id && { id }) });
  };
  const hearsCompleted = (charter_id: string, id?: string) => {
    const data = { ...CharterCompleted.example, charter_id };
    return payments.hears(CharterCompleted, { tenant_id, data, ...(id && { id }) });
  };

  const schedulesOf = async (booking_id: string) =>
    (await accountant.does('listSchedules', { query: { booking_id } })).data;
  const invoicesOf = async (booking_id: string) =>
    (await accountant.does('listInvoices', { query: { booking_id } })).data;
  const paymentsOf = async (booking_id: string) => {
    const query = { booking_id, sort: 'created_at' };
    return (await accountant.does('listPayments', { query })).data;
  };

  /** A charter that was accepted, and the link under which its client pays. */
  const anAcceptedCharter = async (changes?: Partial<Accepted>) => {
    const charter_id = randomUUID();
    await hearsAccepted(charter_id, changes);
    const [schedule] = await schedulesOf(charter_id);
    if (schedule === undefined) throw new Error('There is no schedule.');
    return { charter_id, schedule, token: schedule.payment_url.split('/').at(-1) ?? '' };
  };
  const sealed = (id: string, changes: Partial<Link> = {}) =>
    sealLink(LINKS.key, 'payment', { tenant_id, id, generation: 1, ...changes });
  const opens = (token: string) => anybody.tries('getPublicSchedule', { params: { token } });
  const pays = (token: string, item: Item, card = 'pm_card_visa', idempotency_key?: string) =>
    anybody.tries(
      'payItem',
      { params: { token }, body: { item, payment_method: card } },
      idempotency_key === undefined ? {} : { idempotency_key },
    );

  const account = async () => {
    const rows = await payments.database.inspect<{ id: string }>(
      'SELECT provider_account_id AS id FROM payments.provider_accounts WHERE tenant_id = $1',
      [tenant_id],
    );
    return rows[0]?.id ?? '';
  };
  /** What the provider has in fact charged for a charter. */
  const charged = async (charter_id: string) => {
    const { charges } = await payments.book(await account());
    const all = charges.filter(({ metadata }) => metadata.booking_id === charter_id);
    return all.filter(({ status }) => status === 'succeeded').map(({ amount }) => amount);
  };
  /** Balances by code, without those at zero. */
  const books = async () => {
    const { data } = await accountant.does('listLedgerAccounts', {});
    const standing = data.map(({ code, balance }): [string, number] => [code, balance.amount]);
    return Object.fromEntries(standing.filter(([, amount]) => amount !== 0));
  };
  const announced = async (type: string) =>
    (await payments.announced(tenant_id, `payments.${type}.v1`)).map(({ data }) => data);
  /** The sweep goes round until nothing waits for its outcome. */
  const settled = (charter_id: string) =>
    eventually(async () => {
      await payments.sweeps();
      const waiting = await paymentsOf(charter_id);
      if (waiting.some(({ status }) => status === 'pending')) throw new Error('still pending');
      return waiting;
    }, 20_000);

  if (known) await signsUp();
  return {
    ...{ tenant_id, accountant, anybody, signsUp, hearsAccepted, hearsCompleted },
    ...{ schedulesOf, invoicesOf, paymentsOf, anAcceptedCharter, sealed, opens, pays },
    ...{ account, charged, books, announced, settled },
  };
}

export type Business = Awaited<ReturnType<typeof aBusiness>>;
