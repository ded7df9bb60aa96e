import { auditRoutes, defineContract } from '@roundhouse/service/contract';
import { keyRoutes } from './keys/contract.ts';
import { sessionRoutes } from './sessions/contract.ts';
import { signUpRoutes } from './sign-up/contract.ts';
import { tenantRoutes } from './tenants/contract.ts';
import { userRoutes } from './users/contract.ts';

export const contract = defineContract(
  'auth',
  {
    ...signUpRoutes,
    ...sessionRoutes,
    ...keyRoutes,
    ...userRoutes,
    ...tenantRoutes,
    ...auditRoutes,
  },
  {
    // Owner and admin may do all; the area is named for whoever looks for it.
    admin: ['users:write', 'audit:read'],
  },
);
