import { audit, type TenantTransaction } from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Handlers } from '@roundhouse/service';
import type { Link } from '@roundhouse/service/links';
import type { contract } from '../contract.ts';
import { sendEffect } from '../effects/store.ts';
import { openPaymentLink, type PaymentLinks, requireGeneration } from '../links.ts';
import { touchSchedule } from '../schedules/store.ts';
import { type Charging, chargePayment } from './charge.ts';
import { attemptOf, type Payment, refusalOf } from './payment.ts';
import * as store from './store.ts';

export interface PaymentDependencies extends Charging {
  links: PaymentLinks;
}

type Names = 'payItem' | 'getPayment' | 'listPayments';

interface Asked {
  item: Payment['item'];
  payment_method: string;
  request_key: string | undefined;
}

/**
 * Writes down, before anything leaves the house, what the provider will be asked: a new attempt, or
 * one that nobody has finished. Where the client's key began one that is settled, that one is told.
 */
async function begin(
  tx: TenantTransaction,
  link: Link,
  { item: kind, payment_method, request_key }: Asked,
): Promise<store.Charge> {
  const ask = { schedule_id: link.id, item: kind, request_key };
  const { schedule, attempts, fresh } = await store.lockForPayment(tx, ask);
  requireGeneration(schedule, link);
  const item = schedule.items.find((one) => one.kind === kind);
  if (item === undefined) throw notFound('item');
  const standing = attemptOf(attempts, request_key);
  if (standing !== undefined && standing.status !== 'pending') return standing;
  const { id } = standing ?? fresh;
  const { provider_account_id } = fresh;
  sendEffect(tx, { kind: 'charge', cause_id: id });
  if (provider_account_id === null) sendEffect(tx, { kind: 'account', cause_id: tx.tenant.id });
  if (standing !== undefined) return standing;
  const payment = store.insertPayment(tx, { id, schedule, item, payment_method, request_key });
  touchSchedule(tx, schedule.id);
  const subject = { subject_type: 'payment', subject_id: id };
  audit(tx, { action: 'payItem', ...subject, after: { item: kind, amount: item.amount } });
  const asked = { asked_at: payment.created_at, key_expired: false };
  return { ...payment, ...asked, payment_method, provider_account_id };
}

/** The answer, where there is a final one. */
const paidItem = (payment: Payment) =>
  payment.status === 'succeeded' && payment.settled_at !== null
    ? { ...payment, status: payment.status, settled_at: payment.settled_at }
    : undefined;

export function paymentHandlers({
  provider,
  logger,
  links,
}: PaymentDependencies): Pick<Handlers<typeof contract>, Names> {
  return {
    payItem: async ({ params, body }, { enter, idempotency_key: request_key }) => {
      const link = openPaymentLink(links, params.token);
      const tenant = enter(link.tenant_id, { kind: 'link', id: link.id });
      const begun = await tenant.transaction((tx) => begin(tx, link, { ...body, request_key }), {
        framed: 'begin',
      });
      const known = paidItem(begun);
      // A crash came between payment and answer: the answer is stored now.
      if (known !== undefined) return tenant.transaction(async () => known, { framed: 'end' });
      if (begun.status === 'failed') throw refusalOf(begun);
      const payment = await chargePayment(tenant, { provider, logger }, begun);
      const paid = paidItem(payment);
      if (paid === undefined) throw refusalOf(payment);
      return paid;
    },

    getPayment: async ({ params }, { tenant }) =>
      tenant.read((tx) => store.findPayment(tx, tenant.id, params.id)),

    listPayments: async ({ query }, { tenant }) =>
      tenant.read((tx) => store.findPayments(tx, tenant.id, query)),
  };
}
