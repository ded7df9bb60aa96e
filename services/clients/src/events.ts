import { defineEvent } from '@roundhouse/events/schema';
import { Id, Instant, Version } from '@roundhouse/service/contract';
import { z } from 'zod';

/** What those who keep a copy of the client need. What came later is not in older events. */
const ClientFacts = z.object({
  id: Id,
  version: Version,
  name: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  status: z.enum(['active', 'barred']),
  kind: z.enum(['person', 'company']).optional(),
  locale: z.string().nullable().optional(),
  time_zone: z.string().optional(),
  external_id: z.string().nullable().optional(),
  archived_at: Instant.nullable().optional(),
});

const example = {
  id: '019a6f5e-0000-7000-8000-000000000002',
  version: 1,
  name: 'Riverside High School',
  email: 'trips@riverside.example',
  phone: '+12125550123',
  status: 'active' as const,
  kind: 'company' as const,
  locale: 'en-US',
  time_zone: 'America/New_York',
  external_id: 'HS-1001',
  archived_at: null,
};

export const ClientCreated = defineEvent('clients.client.created.v1', ClientFacts, example);
export const ClientChanged = defineEvent('clients.client.changed.v1', ClientFacts, {
  ...example,
  version: 2,
});
/**
 * Of two clients there is one: it, and what was the other's and is its own now. Of the other one
 * nothing newer ever comes.
 */
export const ClientMerged = defineEvent(
  'clients.client.merged.v1',
  ClientFacts.extend({ merged_id: Id, merged_version: Version }),
  {
    ...example,
    version: 3,
    merged_id: '019a6f5e-0000-7000-8000-000000000009',
    merged_version: 2,
  },
);
/** Nothing new is taken on for it; what is under way goes on. */
export const ClientArchived = defineEvent('clients.client.archived.v1', ClientFacts, {
  ...example,
  version: 3,
  archived_at: '2026-11-21T09:30:00Z',
});
export const ClientRestored = defineEvent('clients.client.restored.v1', ClientFacts, {
  ...example,
  version: 4,
});

/**
 * Who keeps a copy clears it now, but for what the law makes it keep. With those that were merged
 * into it; nothing newer ever comes of any of them.
 */
export const ClientErased = defineEvent(
  'clients.client.erased.v1',
  z.object({
    id: Id,
    version: Version,
    erased: z.array(z.object({ id: Id, version: Version })),
    erased_at: Instant,
  }),
  {
    id: example.id,
    version: 5,
    erased: [{ id: example.id, version: 5 }],
    erased_at: '2026-11-21T09:30:00Z',
  },
);
