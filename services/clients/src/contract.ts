import { auditRoutes, defineContract } from '@roundhouse/service/contract';
import { addressRoutes } from './addresses/contract.ts';
import { clientRoutes } from './clients/contract.ts';
import { contactRoutes } from './contacts/contract.ts';
import { customFieldRoutes } from './custom-fields/contract.ts';
import { exchangeRoutes } from './exchange/contract.ts';
import { mergeRoutes } from './merges/contract.ts';
import { noteRoutes } from './notes/contract.ts';

export const contract = defineContract(
  'clients',
  {
    ...clientRoutes,
    ...contactRoutes,
    ...addressRoutes,
    ...noteRoutes,
    ...customFieldRoutes,
    ...exchangeRoutes,
    ...mergeRoutes,
    ...auditRoutes,
  },
  // Owner and admin may do all; the areas are named for whoever looks for them.
  {
    admin: ['audit:read', 'custom_fields:write', 'exports:read', 'imports:write', 'merges:write'],
    manager: ['custom_fields:write', 'exports:read', 'imports:write', 'merges:write'],
  },
);
