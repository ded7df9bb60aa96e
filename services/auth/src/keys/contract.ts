import type { Route } from '@roundhouse/service/contract';
import { z } from 'zod';

const Key = z.object({
  kid: z.string(),
  kty: z.literal('RSA'),
  alg: z.literal('RS256'),
  use: z.literal('sig'),
  n: z.string(),
  e: z.string(),
});

export const keyRoutes = {
  getKeys: {
    method: 'get',
    path: '/.well-known/jwks.json',
    summary: 'The public keys of access tokens (RFC 7517)',
    public: true,
    status: 200,
    response: z.object({ keys: z.array(Key) }),
  },
} as const satisfies Record<string, Route>;
