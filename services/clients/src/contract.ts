import { auditRoutes, defineContract } from '@roundhouse/service/contract';
import { addressRoutes } from './addresses/contract.ts';
import { clientRoutes } from './clients/contract.ts';
import { contactRoutes } from './contacts/contract.ts';
import { customFieldRoutes } from './custom-fields/contract.ts';
import { erasureRoutes } from './erasures/contract.ts';
import { exchangeRoutes } from './exchange/contract.ts';
import { mergeRoutes } from './merges/contract.ts';
import { noteRoutes } from './notes/contract.ts';

const ofManagers = [
  'custom_fields:write',
  'erasures:write',
  'exports:read',
  'imports:write',
  'merges:write',
  'personal_data:read',
] as const;

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
    ...erasureRoutes,
    ...auditRoutes,
  },
  // Owner and admin may do all; the areas are named for whoever looks for them.
  { admin: ['audit:read', ...ofManagers], manager: ofManagers },
);
