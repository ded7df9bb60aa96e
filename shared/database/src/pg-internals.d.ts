declare module 'pg/lib/utils.js' {
  /** A JavaScript value as Postgres' text form. */
  export function prepareValue(value: unknown): unknown;
}
