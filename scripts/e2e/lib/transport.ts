/**
 * Takes the events' transport away, or gives it back: Postgres lets nobody log in to it meanwhile,
 * and RabbitMQ is frozen, which is worse than being gone: its connections stay open.
 */
import pg from 'pg';
import { letIn, lockOut } from './lock-out.ts';

const [what] = process.argv.slice(2);
const { DATABASE_URL, RABBITMQ_URL, RABBITMQ_PID } = process.env;

async function ofPostgres(): Promise<void> {
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  await (what === 'stop' ? lockOut : letIn)(client, 'transport');
  await client.end();
}

if (RABBITMQ_URL === undefined) await ofPostgres();
else process.kill(Number(RABBITMQ_PID), what === 'stop' ? 'SIGSTOP' : 'SIGCONT');
