/** Which processes a scenario hurts, in which order, and whose requests may then fail. */
import type { Outcome } from './load.ts';
import type { Random } from './random.ts';

export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list];
  return Array.from(
    { length: left.length },
    () => left.splice(random.below(left.length), 1)[0] as T,
  );
}

const serviceOf = (process: string) => process.replace(/-\d+$/, '');

/**
 * Requests that need the process' service; without the gateway, which is one process, nobody is
 * answered.
 */
export const concernedBy =
  (process: string) =>
  ({ services }: Outcome): boolean =>
    serviceOf(process) === 'gateway' || services.includes(serviceOf(process));
