import { DomainError } from '@roundhouse/errors';
import { counter } from '@roundhouse/service/meters';

const logIns = counter({
  name: 'roundhouse_log_ins_total',
  help: 'Log-ins: succeeded, asked for a code, refused, throttled after too many, or failed by us.',
  labels: { result: ['succeeded', 'code_asked', 'refused', 'throttled', 'failed'] },
});

export const signUps = counter({
  name: 'roundhouse_sign_ups_total',
  help: 'Businesses that have signed up, without their sandboxes.',
  labels: {},
});

function resultOf(error: unknown) {
  if (!(error instanceof DomainError) || error.kind === 'unavailable') return 'failed';
  if (error.code === 'mfa_required') return 'code_asked';
  return error.kind === 'rate_limited' ? 'throttled' : 'refused';
}

/** Counts what a log-in came to; tokens that are answered belong to a session that is committed. */
export async function countLogIn<T>(attempt: Promise<T>): Promise<T> {
  try {
    const answer = await attempt;
    logIns.count({ result: 'succeeded' });
    return answer;
  } catch (error) {
    logIns.count({ result: resultOf(error) });
    throw error;
  }
}
