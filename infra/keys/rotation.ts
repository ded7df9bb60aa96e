import type { KeyEntry, KeyTable } from '@roundhouse/service/key-folder';

/**
 * How long a key is known after it has signed for the last time: a token lives 15 minutes, and a
 * clock may be a minute behind.
 */
export const RETIRE_AFTER = Temporal.Duration.from({ minutes: 16 });
/** A signing key that is older is to be replaced. */
const MAX_AGE = Temporal.Duration.from({ hours: 90 * 24 });

export const signingKey = ({ keys }: KeyTable): KeyEntry =>
  keys.find(({ phase }) => phase === 'signing') as KeyEntry;
export const nextKey = ({ keys }: KeyTable): KeyEntry | undefined =>
  keys.find(({ phase }) => phase === 'published');

export const firstTable = (kid: string, now: Temporal.Instant): KeyTable => ({
  keys: [{ kid, phase: 'signing', since: now.toString(), retire_at: null }],
});

/** The next key is shown to all who verify; where there is one already, that is the next. */
export function publishKey(table: KeyTable, kid: string, now: Temporal.Instant): KeyTable {
  if (nextKey(table) !== undefined) return table;
  const next: KeyEntry = { kid, phase: 'published', since: now.toString(), retire_at: null };
  return { keys: [...table.keys, next] };
}

/** The next key signs from now on; the one before stays as long as its last token may be about. */
export function signWithNext(
  table: KeyTable,
  now: Temporal.Instant,
  retire_after = RETIRE_AFTER,
): KeyTable {
  const next = nextKey(table);
  if (next === undefined) throw new Error('No key is published that could sign.');
  const since = now.toString();
  const retire_at = now.add(retire_after).toString();
  return {
    keys: table.keys.map((key) => {
      if (key === next) return { ...key, phase: 'signing', since };
      if (key.phase === 'signing') return { ...key, phase: 'retiring', since, retire_at };
      return key;
    }),
  };
}

/** Without the keys whose time has come; the same table where there are none. */
export function retireKeys(table: KeyTable, now: Temporal.Instant): KeyTable {
  const keys = table.keys.filter(
    ({ retire_at }) =>
      retire_at === null || Temporal.Instant.compare(now, Temporal.Instant.from(retire_at)) < 0,
  );
  return keys.length === table.keys.length ? table : { keys };
}

/** Days that the key has signed for, where these are too many. */
export function overdueDays(table: KeyTable, now: Temporal.Instant): number | undefined {
  const age = Temporal.Instant.from(signingKey(table).since).until(now);
  if (Temporal.Duration.compare(age, MAX_AGE) <= 0) return undefined;
  return Math.floor(age.total('hours') / 24);
}
