import type { Route } from '@roundhouse/service/contract';
import { z } from 'zod';

/**
 * What each grant needs is checked by its handler, since RFC 6749 names what is missing. Parameters
 * that are not known here are ignored (3.2).
 */
const TokenRequest = z.object({
  /** `password`, `refresh_token` or `client_credentials`. */
  grant_type: z.string().max(100),
  /** The e-mail. */
  username: z.string().max(254).optional(),
  password: z.string().max(128).optional(),
  /** Of the business, where the e-mail and the password open several. */
  subdomain: z.string().max(63).optional(),
  refresh_token: z.string().max(200).optional(),
  /** Permissions with spaces between them: fewer than the machine client has. */
  scope: z.string().max(4_000).optional(),
  client_id: z.string().max(100).optional(),
  client_secret: z.string().max(200).optional(),
});

export const oauthRoutes = {
  getToken: {
    method: 'post',
    path: '/token',
    summary: 'The OAuth 2.0 token endpoint (RFC 6749)',
    public: true,
    body: TokenRequest,
    body_type: 'form',
    refusal_type: 'oauth',
    status: 200,
    response: z.object({
      access_token: z.string(),
      token_type: z.literal('Bearer'),
      /** Of the access token, in seconds. */
      expires_in: z.int(),
      /** Not for a machine client, which has its secret. */
      refresh_token: z.string().optional(),
      /** What the token of a machine client may do. */
      scope: z.string().optional(),
    }),
    errors: {
      invalid_request: 400,
      invalid_client: 401,
      invalid_grant: 400,
      invalid_scope: 400,
      unsupported_grant_type: 400,
      /** The password was right: its `mfa_token` goes to `/login/second-factor`, with a code. */
      mfa_required: 400,
      too_many_attempts: 429,
    },
    // As many as a log-in.
    max_trips: 11,
    idempotency: 'none',
  },
} as const satisfies Record<string, Route>;
