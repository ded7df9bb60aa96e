import { auditRoutes, defineContract } from '@roundhouse/service/contract';
import { charterRoutes } from './charters/contract.ts';
import { personalDataRoutes } from './personal-data/contract.ts';
import { quoteRoutes } from './quotes/contract.ts';
import { resourceRoutes } from './resources/contract.ts';

export const contract = defineContract(
  'bookings',
  {
    ...resourceRoutes,
    ...charterRoutes,
    ...quoteRoutes,
    ...personalDataRoutes,
    ...auditRoutes,
  },
  // Owner and admin may do all; the area is named for whoever looks for it.
  { admin: ['audit:read'], manager: ['personal_data:read'] },
);
