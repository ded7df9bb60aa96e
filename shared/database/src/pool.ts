import pg from 'pg';

export interface Pool extends pg.Pool {
  /** Told for each loan how many seconds the borrower waited for it, also when in vain. */
  onLent?: ((waited_seconds: number) => void) | undefined;
}

/** What a pool does just now. */
export interface PoolState {
  max: number;
  /** Open connections, lent and idle. */
  size: number;
  idle: number;
  /** Callers who wait for a connection. */
  waiting: number;
}

/**
 * A pool whose connections may break at any moment, idle or lent, without ending the process:
 * whoever uses one hears of it by the failure of what was asked.
 */
export function openPool(config: pg.PoolConfig): Pool {
  const pool = new pg.Pool({ allowExitOnIdle: true, ...config });
  const heard = () => undefined;
  pool.on('error', heard);
  pool.on('connect', (client) => client.on('error', heard));
  return pool;
}

export const stateOf = (pool: Pool): PoolState => ({
  max: pool.options.max,
  size: pool.totalCount,
  idle: pool.idleCount,
  waiting: pool.waitingCount,
});

/** Lends a connection, and tells who watches how long that took. */
export async function borrow(pool: Pool): Promise<pg.PoolClient> {
  const asked_at = performance.now();
  try {
    return await pool.connect();
  } finally {
    pool.onLent?.((performance.now() - asked_at) / 1_000);
  }
}

/** Opens all its connections: otherwise the first callers after a start wait for each. */
export async function warm(pool: Pool): Promise<void> {
  const opening = Array.from({ length: pool.options.max }, () => pool.connect());
  const opened = await Promise.allSettled(opening);
  for (const one of opened) if (one.status === 'fulfilled') one.value.release();
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** pg's words when all connections stayed lent for as long as a caller may wait. */
const ALL_LENT = 'timeout exceeded when trying to connect';

export const isExhausted = (error: unknown): boolean => (error as Error)?.message === ALL_LENT;
