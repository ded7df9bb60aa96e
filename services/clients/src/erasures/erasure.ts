import { invalid } from '@roundhouse/errors';
import type { Client } from '../clients/store.ts';

export const ERASED_NAME = 'Erased client';

/** What cannot be undone is done to whom one means: the name is typed as it is shown. */
export function requireName(client: { name: string }, confirm_name: string): void {
  if (client.name === confirm_name) return;
  throw invalid('name_differs', '/confirm_name', 'This is not the name of the client.');
}

/** What is left of a client: its id, under which others know it, and when it came and went. */
export function erased(client: Client, now: Temporal.Instant): Client {
  return {
    id: client.id,
    version: client.version + 1,
    kind: 'person',
    name: ERASED_NAME,
    first_name: null,
    last_name: null,
    company_name: null,
    email: null,
    phone: null,
    time_zone: 'UTC',
    locale: null,
    external_id: null,
    tags: [],
    custom_fields: {},
    status: 'barred',
    archived_at: now,
    created_at: client.created_at,
    updated_at: now,
  };
}
