/** Parts of the business' own rules, as data. A change is a new version beside the older ones. */
export interface TaxRate {
  version: number;
  name: string;
  /** Parts per million. */
  rate_ppm: number;
}

export interface DepositPolicy {
  version: number;
  /** Of the total, in parts per million. */
  deposit_ppm: number;
  hold_hours: number;
  balance_days_before_start: number;
  quote_valid_days: number;
}

/**
 * What a charter business starts with: version 1 of everybody who has set nothing. It is never
 * edited, since quotes name it; another default for newcomers is a version 2 written at sign-up.
 */
export const INITIAL_TAX_RATE: TaxRate = { version: 1, name: 'Tax', rate_ppm: 0 };

/** In the middle of what the trade asks for (two days to pay, the balance two weeks ahead). */
export const INITIAL_DEPOSIT_POLICY: DepositPolicy = {
  version: 1,
  deposit_ppm: 200_000,
  hold_hours: 48,
  balance_days_before_start: 14,
  quote_valid_days: 30,
};

/** The next version; or the one that holds, where it says the same: PUT twice is one change. */
export function revise<Policy extends { version: number }>(
  current: Policy,
  terms: Omit<Policy, 'version'>,
): Policy {
  const wanted = Object.entries(terms);
  const same = wanted.every(([term, value]) => current[term as keyof Policy] === value);
  return same ? current : { ...current, ...terms, version: current.version + 1 };
}
