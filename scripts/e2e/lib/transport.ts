/** Takes the events' transport away, or gives it back: nobody can log in to it in between. */
import pg from 'pg';

const [what] = process.argv.slice(2);
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await client.query(`ALTER ROLE transport ${what === 'stop' ? 'NOLOGIN' : 'LOGIN'}`);
if (what === 'stop') {
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'transport'`,
  );
}
await client.end();
