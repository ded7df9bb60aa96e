import type { Handlers } from '@roundhouse/service';
import { auditHandlers } from '@roundhouse/service/audit';
import type { contract } from './contract.ts';
import { type InvitationDependencies, invitationHandlers } from './invitations/handlers.ts';
import { type KeyDependencies, keyHandlers } from './keys/handlers.ts';
import { machineClientHandlers } from './machine-clients/handlers.ts';
import { oauthHandlers } from './oauth/handlers.ts';
import { type PasswordDependencies, passwordHandlers } from './passwords/handlers.ts';
import { secondFactorHandlers } from './second-factor/handlers.ts';
import { type SessionDependencies, sessionHandlers } from './sessions/handlers.ts';
import { type SignUpDependencies, signUpHandlers } from './sign-up/handlers.ts';
import { tenantHandlers } from './tenants/handlers.ts';
import { userHandlers } from './users/handlers.ts';
import { type VerificationDependencies, verificationHandlers } from './verifications/handlers.ts';

export type AuthDependencies = KeyDependencies &
  SessionDependencies &
  SignUpDependencies &
  PasswordDependencies &
  InvitationDependencies &
  VerificationDependencies;

export const handlers = (dependencies: AuthDependencies): Handlers<typeof contract> => ({
  ...signUpHandlers(dependencies),
  ...sessionHandlers(dependencies),
  ...oauthHandlers(dependencies),
  ...secondFactorHandlers(dependencies),
  ...machineClientHandlers,
  ...keyHandlers(dependencies),
  ...tenantHandlers(dependencies),
  ...userHandlers,
  ...passwordHandlers(dependencies),
  ...verificationHandlers(dependencies),
  ...invitationHandlers(dependencies),
  ...auditHandlers,
});
