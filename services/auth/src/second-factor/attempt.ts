import type { Attempt } from '../throttle/throttle.ts';

/** Guesses at the codes of one user count together, wherever a code is asked for. */
export const codeAttempt = (user_id: string): Attempt => ({
  kind: 'second-factor',
  account: user_id,
});
