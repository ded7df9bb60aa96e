/** Which requests failed, which of them a fault excuses, and when the last one did. */
import type { Outcome } from './load.ts';
import type { Fault } from './scenario.ts';

const LATE = 408;
const isServerError = ({ status }: Outcome) => status === 0 || status === LATE || status >= 500;
const isGood = ({ status }: Outcome) => status >= 200 && status < 300;

/** Where others crowd the machine, nobody is in time: what is late or refused shows nothing. */
const isOfTheCrowd = (outcome: Outcome) =>
  outcome.crowded && outcome.status !== 500 && isServerError(outcome);

/** Whether any part of the request's time lies in the fault's. */
const meets = ({ at_ms, took_ms }: Outcome, { began_ms, ended_ms, after_ms }: Fault): boolean =>
  at_ms + took_ms >= began_ms && at_ms <= ended_ms + after_ms;

export interface Failures {
  failed: Outcome[];
  /** Those of a machine that had far more to do than it can. */
  crowded: Outcome[];
  /** Those that nothing excuses. */
  wrong: Outcome[];
}

/**
 * `refusals` are the codes that are a good answer for a kind. Every other answer but a 2xx is a
 * failure; a fault excuses those without an answer and 5xx, and what it names beside them.
 */
export function unexcused(
  outcomes: Outcome[],
  faults: Fault[],
  refusals: Map<string, readonly string[]>,
): Failures {
  const failed = outcomes.filter((outcome) => {
    if (isGood(outcome)) return false;
    return !refusals.get(outcome.kind)?.includes(outcome.code ?? '');
  });
  const wrong = failed.filter(
    (outcome) =>
      !faults.some(
        (fault) =>
          meets(outcome, fault) &&
          (fault.also(outcome) || (isServerError(outcome) && fault.excuses(outcome))),
      ),
  );
  const crowded = wrong.filter(isOfTheCrowd);
  return { failed, crowded, wrong: wrong.filter((outcome) => !isOfTheCrowd(outcome)) };
}

export interface Recovery {
  fault: string;
  /** From its beginning to the start of the last request that failed before the next fault. */
  recovery_ms: number;
}

export function recoveries(outcomes: Outcome[], faults: Fault[]): Recovery[] {
  const failed = outcomes.filter(isServerError);
  const sorted = [...faults].sort((one, other) => one.began_ms - other.began_ms);
  return sorted.map(({ name, began_ms }, index) => {
    const next_ms = sorted[index + 1]?.began_ms ?? Number.POSITIVE_INFINITY;
    const of = failed.filter(({ at_ms, took_ms }) => {
      return at_ms + took_ms >= began_ms && at_ms < next_ms;
    });
    const last_ms = Math.max(began_ms, ...of.map(({ at_ms }) => at_ms));
    return { fault: name, recovery_ms: last_ms - began_ms };
  });
}
