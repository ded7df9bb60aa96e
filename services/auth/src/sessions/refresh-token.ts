import { createHash, randomBytes } from 'node:crypto';

export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/** 256 random bits need no slow hash: nobody tries them all. */
export const refreshTokenHash = (token: string): Buffer =>
  createHash('sha256').update(token).digest();
