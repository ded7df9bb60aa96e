import { createHmac } from 'node:crypto';
import pg from 'pg';
import type { ServiceFolder } from './services.ts';

/** The password of a role, from the installation's one secret; none where the server trusts. */
function rolePassword(secret: string | undefined, role: string): string | undefined {
  if (secret === undefined) return undefined;
  return createHmac('sha256', secret).update(`postgres role ${role}`).digest('base64url');
}

/** The address of the database for a role: `server` with its user, password and database name. */
export function roleUrl(server: string, database: string, role: string, secret?: string): string {
  const url = new URL(server);
  url.username = role;
  url.password = rolePassword(secret, role) ?? '';
  url.pathname = `/${database}`;
  return url.href;
}

const role = (name: string, login: boolean, secret?: string) => {
  const password = login ? rolePassword(secret, name) : undefined;
  const can = login ? 'LOGIN' : 'NOLOGIN';
  return `
    DO $$ BEGIN CREATE ROLE ${name} ${can}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    ${password === undefined ? '' : `ALTER ROLE ${name} PASSWORD '${password}';`}`;
};

/**
 * Owner migrates; app serves; worker sees the outbox, inbox and due tables of all tenants; lookup
 * owns the few functions that find a tenant. Only its service reaches a schema.
 */
function serviceRoles({ name }: ServiceFolder, database: string, secret?: string): string {
  const all = ['owner', 'app', 'worker', 'lookup'].map((part) => `${name}_${part}`);
  return `
    ${all.map((one) => role(one, !one.endsWith('_lookup'), secret)).join('')}
    ${all.map((one) => `ALTER ROLE ${one} SET search_path = ${name}, extensions;`).join('')}
    GRANT CONNECT ON DATABASE ${database} TO ${all.join(', ')};
    GRANT ${name}_lookup TO ${name}_owner WITH INHERIT FALSE, SET TRUE;
    CREATE SCHEMA IF NOT EXISTS ${name} AUTHORIZATION ${name}_owner;
    GRANT USAGE ON SCHEMA ${name} TO ${name}_app, ${name}_worker, ${name}_lookup;
    GRANT USAGE ON SCHEMA extensions TO ${all.join(', ')};`;
}

/** Creates what a superuser alone can: roles, schemas, extensions. Again, it changes nothing. */
export async function createRoles(
  adminUrl: string,
  services: ServiceFolder[],
  secret?: string,
): Promise<void> {
  const database = new URL(adminUrl).pathname.slice(1);
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`
      REVOKE ALL ON DATABASE ${database} FROM PUBLIC;
      REVOKE ALL ON SCHEMA public FROM PUBLIC;
      CREATE SCHEMA IF NOT EXISTS extensions;
      CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA extensions;
      ${role('transport', true, secret)}
      GRANT CONNECT, CREATE ON DATABASE ${database} TO transport;
      CREATE SCHEMA IF NOT EXISTS transport AUTHORIZATION transport;
      ${services.map((service) => serviceRoles(service, database, secret)).join('')}`);
  } finally {
    await client.end();
  }
}
