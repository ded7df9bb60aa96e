import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** So that a secret that was left lying about is known for what it is, also to scanners. */
const MARK = 'rhsec_';
/** Of the secret, with its mark: enough to tell two by, and nothing to guess the rest from. */
const SHOWN = MARK.length + 6;

/** 256 random bits need no slow hash: nobody tries them all. */
const secretHash = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export function newSecret(): { secret: string; hash: Buffer; prefix: string } {
  const secret = `${MARK}${randomBytes(32).toString('base64url')}`;
  return { secret, hash: secretHash(secret), prefix: secret.slice(0, SHOWN) };
}

export function isAmong(secret: string, hashes: Buffer[]): boolean {
  const sent = secretHash(secret);
  return hashes.filter((hash) => timingSafeEqual(hash, sent)).length > 0;
}
