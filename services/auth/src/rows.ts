/** The row of a statement that always has one. */
export function only<T>([row]: T[]): T {
  if (row === undefined) throw new Error('A row that must be there is not.');
  return row;
}
