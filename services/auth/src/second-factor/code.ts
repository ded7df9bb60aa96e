import { DomainError, unauthenticated } from '@roundhouse/errors';

/** Of the authenticator. */
const TOTP = /^\d{6}$/;
/** Of 32 letters and digits without those that look alike (Crockford): 80 bits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const RECOVERY = /^[0-9A-HJKMNP-TV-Z]{16}$/;
export const RECOVERY_CODES = 10;

export type Code = { kind: 'totp' | 'recovery'; text: string } | { kind: 'none' };

/** What somebody has typed: spaces and hyphens are for the eye, O is meant as 0, I as 1. */
export function readCode(typed: string): Code {
  const text = typed.replace(/[\s-]/g, '').toUpperCase();
  if (TOTP.test(text)) return { kind: 'totp', text };
  const code = text.replaceAll('O', '0').replace(/[IL]/g, '1');
  return RECOVERY.test(code) ? { kind: 'recovery', text: code } : { kind: 'none' };
}

/** 16 random bytes as a code, with hyphens for the eye; five bits of each count. */
export function recoveryCodeOf(bytes: Uint8Array): string {
  const letters = Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}

/** To whoever is logged in already: a 401 would tell him to log in again. */
export const codeWrong = () => new DomainError('invalid', 'code_invalid', 'The code is wrong.');
export const codeRefused = () =>
  unauthenticated('code_invalid', 'The code is wrong, or was used already.');
