import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { unauthenticated, unavailable } from '@roundhouse/errors';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { roles } from './permissions.ts';

export const ISSUER = 'roundhouse';
export const AUDIENCE = 'roundhouse-api';
/** RFC 9068: an access token says that it is one. */
export const TOKEN_TYPE = 'at+jwt';

const Claims = z.object({
  sub: z.uuid(),
  tenant_id: z.uuid(),
  roles: z.array(z.enum(roles)),
  sid: z.uuid(),
  exp: z.number(),
  /** The subject's `token_version` when it was issued; a token from before there was one has 1. */
  ver: z.int().min(1).default(1),
  /** A machine's token alone has them (RFC 9068 2.2.3): its own id, and permissions with spaces. */
  client_id: z.uuid().optional(),
  scope: z.string().optional(),
});
export type Claims = z.infer<typeof Claims>;

/** The key's name is its thumbprint (RFC 7638): the same key has the same name everywhere. */
export function keyThumbprint(publicKey: KeyObject): string {
  const { e, kty, n } = publicKey.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
}

export interface PublicKeyEntry {
  kid: string;
  key: KeyObject;
}

/** Answers the public keys that tokens may be signed with. */
export type KeySource = () => Promise<PublicKeyEntry[]>;

export type TokenVerifier = (token: string) => Promise<Claims>;

/** An unknown `kid` makes us ask again, but a flood of them only this often. */
const ASK_AGAIN_MS = 10_000;
/** A verification costs 48 µs, a look into the cache nothing. */
const MAX_CACHED = 10_000;
const MAX_TOKEN_LENGTH = 8_192;

const refused = () => unauthenticated('token_invalid', 'The access token is not valid.');

/** Verifies access tokens with auth's public keys, each token once until it expires. */
export function tokenVerifier(source: KeySource): TokenVerifier {
  const cache = new Map<string, Claims>();
  let keys = new Map<string, KeyObject>();
  let asked_at = Number.NEGATIVE_INFINITY;

  let asking: Promise<void> | undefined;

  const ask = async () => {
    const entries = await source().catch(() => {
      throw unavailable('keys_unavailable', 'The token cannot be checked just now. Try again.');
    });
    asked_at = performance.now();
    keys = new Map(entries.map((entry) => [entry.kid, entry.key]));
  };

  const keyFor = async (kid: string): Promise<KeyObject> => {
    if (!keys.has(kid) && performance.now() - asked_at > ASK_AGAIN_MS) {
      // Many unknown keys at once are one question.
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      await asking;
    }
    const key = keys.get(kid);
    if (key === undefined) throw refused();
    return key;
  };

  const verify = async (token: string): Promise<Claims> => {
    const header = decodeHeader(token);
    const key = await keyFor(header.kid);
    try {
      const options = { algorithms: ['RS256' as const], issuer: ISSUER, audience: AUDIENCE };
      return Claims.parse(jwt.verify(token, key, options));
    } catch {
      throw refused();
    }
  };

  return async (token) => {
    const known = cache.get(token);
    if (known !== undefined && known.exp * 1000 > Date.now()) return known;
    if (token.length > MAX_TOKEN_LENGTH) throw refused();
    const claims = await verify(token);
    if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value as string);
    cache.set(token, claims);
    return claims;
  };
}

const Header = z.object({
  alg: z.literal('RS256'),
  kid: z.string().max(100),
  typ: z.literal(TOKEN_TYPE),
});

function decodeHeader(token: string): z.infer<typeof Header> {
  try {
    const [header = ''] = token.split('.');
    return Header.parse(JSON.parse(Buffer.from(header, 'base64url').toString()));
  } catch {
    throw refused();
  }
}

const KeySet = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) });

/** The public keys as auth serves them (RFC 7517). */
export function remoteKeys(url: string): KeySource {
  return async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const { keys } = KeySet.parse(await answer.json());
    return keys.map((jwk) => ({
      kid: jwk.kid,
      key: createPublicKey({ key: jwk as never, format: 'jwk' }),
    }));
  };
}
