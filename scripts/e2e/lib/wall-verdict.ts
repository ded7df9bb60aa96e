export interface Seen {
  status: number;
  body: unknown;
}

/** Whether an answer tells anything of rows with these ids. */
export function leaks({ body }: Seen, ids: Iterable<string>): boolean {
  const text = JSON.stringify(body ?? null);
  return [...ids].some((id) => text.includes(id));
}

/** What is wrong with how somebody else's row was answered; nothing when it was not there. */
export function verdictOnForeign(answer: Seen, ids: Iterable<string>): string | undefined {
  if (answer.status !== 404 && answer.status !== 403) return `answered ${answer.status}`;
  return leaks(answer, ids) ? 'names a row of the other business' : undefined;
}

/** What is wrong with a list or a creation of one's own that must not touch the other's rows. */
export function verdictOnOwn(answer: Seen, ids: Iterable<string>): string | undefined {
  if (answer.status >= 500 || answer.status === 0) return `answered ${answer.status}`;
  return leaks(answer, ids) ? 'names a row of the other business' : undefined;
}
