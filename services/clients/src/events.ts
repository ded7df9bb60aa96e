import { defineEvent } from '@roundhouse/events/schema';
import { Id, Version } from '@roundhouse/service/contract';
import { z } from 'zod';

/** What those who keep a copy of the client need. */
const ClientFacts = z.object({
  id: Id,
  version: Version,
  name: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  status: z.enum(['active', 'barred']),
});

const example = {
  id: '019a6f5e-0000-7000-8000-000000000002',
  version: 1,
  name: 'Riverside High School',
  email: 'trips@riverside.example',
  phone: '+12125550123',
  status: 'active' as const,
};

export const ClientCreated = defineEvent('clients.client.created.v1', ClientFacts, example);
export const ClientChanged = defineEvent('clients.client.changed.v1', ClientFacts, {
  ...example,
  version: 2,
});
