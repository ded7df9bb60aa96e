/** Whom the database lets in: a role that is locked out has lost its connections, too. */
import type pg from 'pg';

export async function lockOut(superuser: pg.Client, role: string): Promise<void> {
  await superuser.query(`ALTER ROLE ${role} NOLOGIN`);
  await superuser.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1',
    [role],
  );
}

export async function letIn(superuser: pg.Client, role: string): Promise<void> {
  await superuser.query(`ALTER ROLE ${role} LOGIN`);
}
