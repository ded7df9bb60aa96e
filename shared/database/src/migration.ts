import type { Knex } from 'knex';

export type { Knex };

/** The tenant that the transaction has set; NULL, and so nothing, where none is set. */
const CURRENT_TENANT = `nullif(current_setting('app.tenant_id', true), '')::uuid`;

export interface Access {
  /** What the serving role may do, such as `SELECT, INSERT`. */
  app: string;
  /** What the relay and the sweeps may do with the rows of all tenants. */
  worker?: string;
}

/** The service whose schema is being migrated. */
export async function serviceOf(knex: Knex): Promise<string> {
  const { rows } = await knex.raw('SELECT current_schema() AS service');
  return rows[0].service;
}

/** Puts a table behind the tenant wall: forced row-level security, and only rights by name. */
export async function tenantTable(knex: Knex, table: string, access: Access): Promise<void> {
  const service = await serviceOf(knex);
  await knex.raw(`
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON ${table} TO ${service}_app
      USING (tenant_id = ${CURRENT_TENANT}) WITH CHECK (tenant_id = ${CURRENT_TENANT});
    GRANT ${access.app} ON ${table} TO ${service}_app;`);
  if (access.worker === undefined) return;
  await knex.raw(`
    CREATE POLICY worker ON ${table} TO ${service}_worker USING (true) WITH CHECK (true);
    GRANT ${access.worker} ON ${table} TO ${service}_worker;`);
}

export interface Lookup {
  /** With its parameters, such as `tenant_of_refresh_token(token_hash bytea)`. */
  signature: string;
  returns: string;
  /** One SQL query that answers the tenant and nothing more. */
  query: string;
  /** The tables that it reads, and the columns it needs of each. */
  reads: Record<string, string>;
}

/**
 * A function that finds the tenant of something before a tenant is known. It belongs to a role of
 * its own, since one that belongs to the table's owner sees nothing under FORCE.
 */
export async function lookupFunction(knex: Knex, lookup: Lookup): Promise<void> {
  const service = await serviceOf(knex);
  const role = `${service}_lookup`;
  for (const [table, columns] of Object.entries(lookup.reads)) {
    await knex.raw(`
      DROP POLICY IF EXISTS lookup ON ${table};
      CREATE POLICY lookup ON ${table} FOR SELECT TO ${role} USING (true);
      GRANT SELECT (${columns}) ON ${table} TO ${role};`);
  }
  const types = lookup.signature.replace(/\w+ (\w+)(?=[,)])/g, '$1');
  await knex.raw(`
    CREATE FUNCTION ${lookup.signature} RETURNS ${lookup.returns}
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${service}
      AS $lookup$ ${lookup.query} $lookup$;
    REVOKE ALL ON FUNCTION ${types} FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ${types} TO ${service}_app;
    GRANT CREATE ON SCHEMA ${service} TO ${role};
    ALTER FUNCTION ${types} OWNER TO ${role};
    REVOKE CREATE ON SCHEMA ${service} FROM ${role};`);
}

/**
 * Builds indexes beside the writers, each given as `table (columns)`.
 * It can't be done in a transaction: the migration says `config = { transaction: false }`.
 */
export async function indexesBesideWriters(
  knex: Knex,
  indexes: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, columns] of Object.entries(indexes)) {
    // A build that was broken off leaves an index that nobody uses and everybody writes.
    await knex.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    await knex.raw(`CREATE INDEX CONCURRENTLY ${name} ON ${columns}`);
  }
}
