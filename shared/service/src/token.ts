import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { unauthenticated, unavailable } from '@roundhouse/errors';
import { startLoop } from '@roundhouse/jobs';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { Background } from './background.ts';
import { checkBytes } from './body.ts';
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

export interface TokenVerifier {
  (token: string): Promise<Claims>;
  /** Asks for the keys anew; those that are not among them any more verify nothing from now on. */
  refresh(): Promise<void>;
}

/** An unknown `kid` makes us ask again, but a flood of them only this often. */
const ASK_AGAIN_MS = 10_000;
const REFRESH_MS = 60_000;
/** A verification costs 48 µs, a look into the cache nothing. */
const MAX_CACHED = 10_000;
const MAX_TOKEN_LENGTH = 8_192;

const refused = () => unauthenticated('token_invalid', 'The access token is not valid.');

interface Verified {
  claims: Claims;
  kid: string;
}

/** Verifies access tokens with auth's public keys, each token once until it expires. */
export function tokenVerifier(source: KeySource): TokenVerifier {
  const cache = new Map<string, Verified>();
  let keys = new Map<string, KeyObject>();
  let asked_at = Number.NEGATIVE_INFINITY;

  let asking: Promise<void> | undefined;

  const ask = async () => {
    const entries = await source().catch((error: unknown) => {
      throw Object.assign(
        unavailable('keys_unavailable', 'The token cannot be checked just now. Try again.'),
        { cause: error },
      );
    });
    asked_at = performance.now();
    keys = new Map(entries.map((entry) => [entry.kid, entry.key]));
  };

  const refresh = () => {
    // Many unknown keys at once are one question.
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  const keyFor = async (kid: string): Promise<KeyObject> => {
    if (!keys.has(kid) && performance.now() - asked_at > ASK_AGAIN_MS) {
      await refresh();
    }
    const key = keys.get(kid);
    if (key === undefined) throw refused();
    return key;
  };

  const verify = async (token: string): Promise<Verified> => {
    const { kid } = decodeHeader(token);
    const key = await keyFor(kid);
    try {
      requireUniqueNames(token);
      const options = { algorithms: ['RS256' as const], issuer: ISSUER, audience: AUDIENCE };
      return { claims: Claims.parse(jwt.verify(token, key, options)), kid };
    } catch {
      throw refused();
    }
  };

  const isGood = ({ claims, kid }: Verified) => claims.exp * 1000 > Date.now() && keys.has(kid);

  const verifyOnce = async (token: string): Promise<Claims> => {
    const known = cache.get(token);
    if (known !== undefined && isGood(known)) return known.claims;
    if (token.length > MAX_TOKEN_LENGTH) throw refused();
    const verified = await verify(token);
    if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value as string);
    cache.set(token, verified);
    return verified.claims;
  };

  return Object.assign(verifyOnce, { refresh });
}

/**
 * Asks for the keys every minute besides: the next key is known before the first token is signed
 * with it, however many unknown keys somebody asks us for meanwhile.
 */
export function startKeyRefresh(
  verify: TokenVerifier,
  onError: (error: unknown) => void,
): Background {
  const turn = async () => {
    await verify.refresh();
    return false;
  };
  return startLoop({ poll_ms: REFRESH_MS, turn, onError });
}

/**
 * Strict: whatever else a header may say (`jku`, `x5u`, `jwk`, `crit`) names another key or another
 * way of reading (RFC 8725 3.10), and auth writes none of it.
 */
const Header = z.strictObject({
  alg: z.literal('RS256'),
  kid: z.string().max(100),
  typ: z.literal(TOKEN_TYPE),
});

/** A claim that stands there twice is read as one by us and perhaps as the other by others. */
function requireUniqueNames(token: string): void {
  const [header = '', payload = ''] = token.split('.');
  for (const part of [header, payload]) checkBytes(Buffer.from(part, 'base64url'), 'utf-8');
}

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
