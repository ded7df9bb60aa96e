import { auditRoutes, defineContract } from '@roundhouse/service/contract';
import { charterRoutes } from './charters/contract.ts';
import { quoteRoutes } from './quotes/contract.ts';
import { resourceRoutes } from './resources/contract.ts';

export const contract = defineContract(
  'bookings',
  {
    ...resourceRoutes,
    ...charterRoutes,
    ...quoteRoutes,
    ...auditRoutes,
  },
  // Owner and admin may do all; the area is named for whoever looks for it.
  { admin: ['audit:read'] },
);
