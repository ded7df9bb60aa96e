import { Instant, type Route } from '@roundhouse/service/contract';
import { z } from 'zod';
import { CurrentPassword } from '../passwords/contract.ts';

const State = z
  .object({
    /** Null where the password alone is asked for. */
    confirmed_at: Instant.nullable(),
    recovery_codes_left: z.int(),
  })
  .meta({ id: 'SecondFactor' });

const RecoveryCodes = z.object({
  /** Each is good once, in the place of a code. Shown now and never again. */
  recovery_codes: z.array(z.string()),
});
const code = z.string().min(6).max(40);
const asked = { password_wrong: 422, too_many_attempts: 429 } as const;
/** The password and the code are counted apart, each before and after. */
const BOTH = 13;

export const secondFactorRoutes = {
  getSecondFactor: {
    method: 'get',
    path: '/me/second-factor',
    summary: 'Whether a code is asked for when you log in',
    permission: 'me:read',
    status: 200,
    response: State,
  },
  enrollSecondFactor: {
    method: 'post',
    path: '/me/second-factor/enroll',
    summary: 'Get a secret for your authenticator (RFC 6238); nothing is asked for until confirmed',
    permission: 'me:write',
    body: z.strictObject({ current_password: CurrentPassword }),
    status: 201,
    response: z.object({
      /** Base32. Shown now and never again. */
      secret: z.string(),
      /** For a QR code. */
      uri: z.string(),
    }),
    errors: { second_factor_active: 409, ...asked },
    max_trips: 8,
    idempotency: 'none',
  },
  confirmSecondFactor: {
    method: 'post',
    path: '/me/second-factor/confirm',
    summary: 'Show by a code that your authenticator has the secret: from now on it is asked',
    permission: 'me:write',
    body: z.strictObject({ code }),
    status: 200,
    response: RecoveryCodes,
    errors: {
      not_found: 404,
      second_factor_active: 409,
      code_invalid: 422,
      too_many_attempts: 429,
    },
    max_trips: 6,
    idempotency: 'none',
  },
  drawRecoveryCodes: {
    method: 'post',
    path: '/me/second-factor/recovery-codes',
    summary: 'Get new recovery codes; those of before are void',
    permission: 'me:write',
    body: z.strictObject({ current_password: CurrentPassword, code }),
    status: 200,
    response: RecoveryCodes,
    errors: { not_found: 404, code_invalid: 422, ...asked },
    max_trips: BOTH,
    idempotency: 'none',
  },
  disableSecondFactor: {
    method: 'post',
    path: '/me/second-factor/disable',
    summary: 'Be asked for the password alone again',
    permission: 'me:write',
    body: z.strictObject({ current_password: CurrentPassword, code }),
    status: 200,
    response: State,
    errors: { not_found: 404, code_invalid: 422, ...asked },
    max_trips: BOTH,
    idempotency: 'none',
  },
} as const satisfies Record<string, Route>;
