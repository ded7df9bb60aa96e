/** What to do with a row whose e-mail or phone is a client's already. */
export const onDuplicate = ['error', 'skip', 'update'] as const;
/** What became of a row. */
export const actions = ['created', 'updated', 'unchanged', 'skipped'] as const;
/** In one import: as many as one transaction writes in a few seconds. */
export const MAX_ROWS = 10_000;
/** Others get their turn after so many rows. */
export const STRIDE = 250;
