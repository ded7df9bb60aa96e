import type { Stripe } from 'stripe';
import { z } from 'zod';
import { API_VERSION, type Context, PLATFORM } from './context.ts';
import { missing } from './errors.ts';
import { newId } from './identifiers.ts';
import { type List, listObjects, where } from './lists.ts';
import { Created, Id, Page } from './parameters.ts';
import type { Store, Stored } from './store.ts';

export const ListEvents = z.strictObject({
  ...Page,
  created: Created.optional(),
  type: Id.optional(),
  types: z
    .record(z.string(), Id)
    .transform(Object.values<string>)
    .optional(),
});

type Kind =
  | 'account.updated'
  | 'charge.failed'
  | 'charge.succeeded'
  | 'charge.updated'
  | 'customer.created'
  | 'payment_intent.canceled'
  | 'payment_intent.created'
  | 'payment_intent.payment_failed'
  | 'payment_intent.succeeded';

type Announcement = { kind: Kind; object: Stored; previous?: Record<string, unknown> };

/**
 * Writes an event beside the change that it tells, and queues it for the webhook. The endpoint
 * listens to connected accounts, so the platform's own events are kept but not sent.
 */
export function announce(context: Context, announcement: Announcement): void {
  const { store, account_id, now, request } = context;
  const { kind, object, previous } = announcement;
  const connected = account_id !== PLATFORM;
  const event = {
    id: newId('evt'),
    object: 'event',
    ...(connected ? { account: account_id } : {}),
    api_version: API_VERSION,
    created: now,
    data: { object, ...(previous === undefined ? {} : { previous_attributes: previous }) },
    livemode: false,
    pending_webhooks: connected ? 1 : 0,
    request,
    type: kind,
  };
  store.insert(account_id, event);
  if (connected) {
    store.sql.run`insert into deliveries (event_id, due_at_ms) values (${event.id}, ${Date.now()})`;
  }
}

export function retrieveEvent(context: Context, id: string): Stripe.Event {
  const event = context.store.find<Stripe.Event>(context.account_id, 'event', id);
  if (event === undefined) throw missing('event', id, 'id');
  return withPendingWebhooks(context.store, event);
}

export function listEvents(
  context: Context,
  query: z.infer<typeof ListEvents>,
): List<Stripe.Event> {
  const types = query.types ?? [];
  const anyOf = {
    condition: 'type in (select value from json_each(?))',
    value: JSON.stringify(types),
  };
  const filters = [...where('type', query.type), ...(types.length > 0 ? [anyOf] : [])];
  const page = listObjects<Stripe.Event>(context, 'event', query, filters);
  return { ...page, data: page.data.map((event) => withPendingWebhooks(context.store, event)) };
}

function withPendingWebhooks(store: Store, event: Stripe.Event): Stripe.Event {
  const row = store.sql.get`select acknowledged from deliveries where event_id = ${event.id}`;
  return { ...event, pending_webhooks: row !== undefined && row.acknowledged === 0 ? 1 : 0 };
}
