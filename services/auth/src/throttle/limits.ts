import { DomainError } from '@roundhouse/errors';

/** How many attempts are free, and how the wait grows after them. */
export interface Limit {
  /** Of one account, from all addresses that it is not known to have been used from. */
  free: number;
  /** From one address, at all accounts: colleagues behind one address must not meet it. */
  free_of_address: number;
  /** After the last free one; doubled after each further attempt. */
  wait_seconds: number;
  longest_seconds: number;
  /** After this long without an attempt all is forgotten. */
  remembered_seconds: number;
}

const MINUTE = 60;
const HOUR = 3_600;

/**
 * With five free attempts an hour, and one in fifteen minutes after them, an account sees about a
 * hundred guesses a day: NIST SP 800-63B-4 3.2.2 allows a hundred failures in a row before it wants
 * the account disabled, and a disabled account is what a stranger would like.
 */
export const limits = {
  'log-in': {
    free: 5,
    free_of_address: 50,
    wait_seconds: 30,
    longest_seconds: 15 * MINUTE,
    remembered_seconds: HOUR,
  },
  /** Codes of six digits, of which three are good at any time. */
  'second-factor': {
    free: 5,
    free_of_address: 50,
    wait_seconds: 30,
    longest_seconds: 15 * MINUTE,
    remembered_seconds: HOUR,
  },
  /** Each one is a message in somebody's inbox. */
  'password-reset': {
    free: 3,
    free_of_address: 20,
    wait_seconds: MINUTE,
    longest_seconds: HOUR,
    remembered_seconds: 24 * HOUR,
  },
  'email-verification': {
    free: 3,
    free_of_address: 20,
    wait_seconds: MINUTE,
    longest_seconds: HOUR,
    remembered_seconds: 24 * HOUR,
  },
} as const satisfies Record<string, Limit>;
export type ThrottleKind = keyof typeof limits;

/** How long an address is known for an account after a log-in from it. */
export const TRUSTED = Temporal.Duration.from({ hours: 30 * 24 });

export const tooManyAttempts = (seconds: number): DomainError =>
  new DomainError('rate_limited', 'too_many_attempts', `Try again in ${seconds} seconds.`, {
    retry_after_seconds: seconds,
  });

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * What counts as one address: of IPv6 the network of 64 bits, since whoever has one address there
 * has them all (RFC 6177).
 */
export function addressGroup(address: string | null): string {
  if (address === null) return 'unknown';
  const [, mapped] = MAPPED.exec(address) ?? [];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail = ''] = address.toLowerCase().split('::');
  const before = head.split(':').filter((group) => group !== '');
  const after = tail.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = address.includes('::') ? [...before, ...zeros, ...after] : before;
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
