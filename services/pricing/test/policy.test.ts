import { describe, expect, test } from '@jest/globals';
import { INITIAL_DEPOSIT_POLICY, revise } from '../src/policy.ts';

describe('a policy', () => {
  test('that changes is the next version, and the former stays as it was', () => {
    const { version: _, ...terms } = INITIAL_DEPOSIT_POLICY;
    const revised = revise(INITIAL_DEPOSIT_POLICY, { ...terms, hold_hours: 24 });
    expect(revised).toEqual({ ...INITIAL_DEPOSIT_POLICY, version: 2, hold_hours: 24 });
    expect(INITIAL_DEPOSIT_POLICY).toMatchObject({ version: 1, hold_hours: 48 });
  });

  test('that is set to what it says is the same version', () => {
    const { version: _, ...terms } = INITIAL_DEPOSIT_POLICY;
    expect(revise(INITIAL_DEPOSIT_POLICY, terms)).toBe(INITIAL_DEPOSIT_POLICY);
  });
});
