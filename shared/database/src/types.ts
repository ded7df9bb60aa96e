import pg from 'pg';

const { builtins, getTypeParser } = pg.types;

/** Amounts and counters: exact as a number up to 2^53 - 1, and refused beyond. */
function toSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond 2^53 - 1.`);
  return value;
}

const parsers = new Map<number, (text: string) => unknown>([
  [builtins.TIMESTAMPTZ, (text) => Temporal.Instant.from(text)],
  [builtins.DATE, (text) => Temporal.PlainDate.from(text)],
  [builtins.INT8, toSafeInteger],
]);

/** The one edge at which a column's text becomes a TypeScript value. */
export function parserFor(type: number): (text: string) => unknown {
  return parsers.get(type) ?? (getTypeParser(type, 'text') as (text: string) => unknown);
}
