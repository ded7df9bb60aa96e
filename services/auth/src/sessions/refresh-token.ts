import { createHash, randomBytes } from 'node:crypto';
import type { Sealing } from '../sealing.ts';

export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/**
 * Each token has one successor, which is derived and not drawn: however often a lost answer is
 * asked for again within the grace, it is the same answer, and a family is a chain and no tree.
 */
export const successorOf = (token: string, sealing: Sealing): string =>
  sealing.mac('refresh-token', token).toString('base64url');

/** 256 random bits need no slow hash: nobody tries them all. */
export const refreshTokenHash = (token: string): Buffer =>
  createHash('sha256').update(token).digest();
