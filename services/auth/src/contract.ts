import { auditRoutes, defineContract, roles } from '@roundhouse/service/contract';
import { invitationRoutes } from './invitations/contract.ts';
import { keyRoutes } from './keys/contract.ts';
import { machineClientRoutes } from './machine-clients/contract.ts';
import { oauthRoutes } from './oauth/contract.ts';
import { passwordRoutes } from './passwords/contract.ts';
import { secondFactorRoutes } from './second-factor/contract.ts';
import { sessionRoutes } from './sessions/contract.ts';
import { signUpRoutes } from './sign-up/contract.ts';
import { tenantRoutes } from './tenants/contract.ts';
import { userRoutes } from './users/contract.ts';
import { verificationRoutes } from './verifications/contract.ts';

const ME = ['me:read', 'me:write'] as const;

export const contract = defineContract(
  'auth',
  {
    ...signUpRoutes,
    ...sessionRoutes,
    ...oauthRoutes,
    ...secondFactorRoutes,
    ...machineClientRoutes,
    ...keyRoutes,
    ...userRoutes,
    ...passwordRoutes,
    ...verificationRoutes,
    ...invitationRoutes,
    ...tenantRoutes,
    ...auditRoutes,
  },
  {
    // Everybody has a profile and a password of his own.
    ...Object.fromEntries(roles.map((role) => [role, ME])),
    // Owner and admin may do all; the areas are named for whoever looks for them.
    admin: [
      'users:write',
      'audit:read',
      'tenant:write',
      'machine-clients:read',
      'machine-clients:write',
      ...ME,
    ],
    manager: ['users:read', ...ME],
  },
);
