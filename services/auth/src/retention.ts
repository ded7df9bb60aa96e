/**
 * What a log-in leaves behind has an end: a refresh token shows a thief's use as long as it could
 * be used itself, and a session is kept for whoever asks later what happened.
 */
export const EXPIRED = {
  login_challenges: `expires_at < now() - interval '1 hour'`,
  throttles: `expires_at < now()`,
  refresh_tokens: `expires_at < now() - interval '7 days'`,
  sessions: `coalesce(ended_at, last_used_at, created_at) < now() - interval '60 days'
    AND NOT EXISTS (SELECT FROM refresh_tokens WHERE refresh_tokens.tenant_id = sessions.tenant_id
      AND session_id = sessions.id)`,
} as const;
