import pg from 'pg';

/**
 * A pool whose connections may break at any moment, idle or lent, without ending the process:
 * whoever uses one hears of it by the failure of what was asked.
 */
export function openPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ allowExitOnIdle: true, ...config });
  const heard = () => undefined;
  pool.on('error', heard);
  pool.on('connect', (client) => client.on('error', heard));
  return pool;
}
