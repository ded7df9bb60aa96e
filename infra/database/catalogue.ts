/** The tenant wall and the rules of the data, asked of Postgres' own catalogue. */
import {
  LOOKUP_FUNCTIONS,
  TABLES_OF_NO_TENANT,
  UNIQUE_ACROSS_TENANTS,
  WORKER_TABLES,
} from './catalogue-lists.ts';

/** Runs a query as a superuser; its rows are objects. */
export type Query = <R>(sql: string, values: unknown[]) => Promise<R[]>;

interface Check {
  rule: string;
  /** Answers one row for each fault, which its only column `fault` names. */
  sql: string;
  /** Names that may be among the faults. */
  but?: Readonly<Record<string, string>>;
}

/** Tables, views and the like of the services; `$1` is the services' names. */
const RELATIONS = `
  SELECT c.oid, nspname AS service, relname AS name, relkind, relowner, relacl, reloptions,
    relispartition, relrowsecurity, relforcerowsecurity
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = ANY ($1)`;

/** Where each tenant table has its tenant. */
const TENANTED = `
  SELECT r.oid, service, name, relispartition, relrowsecurity, relforcerowsecurity, attnum
  FROM (${RELATIONS}) r
  JOIN pg_attribute ON attrelid = r.oid AND attname = 'tenant_id' AND NOT attisdropped
  WHERE relkind IN ('r', 'p')`;

const ROLES = `
  SELECT service, part, r.oid, rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
    rolreplication, rolcanlogin
  FROM unnest($1::text[]) AS service
  CROSS JOIN unnest(ARRAY['owner', 'app', 'worker', 'lookup']) AS part
  JOIN pg_roles r ON rolname = service || '_' || part`;

const COLUMNS = `
  SELECT r.service || '.' || r.name || '.' || attname AS fault, attname, typname
  FROM (${RELATIONS}) r
  JOIN pg_attribute ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped
  JOIN pg_type t ON t.oid = atttypid WHERE relkind IN ('r', 'p', 'v')`;

const THE_WALL: Check[] = [
  {
    rule: 'a tenant table is behind forced row-level security',
    sql: `SELECT service || '.' || name AS fault FROM (${TENANTED}) t
      WHERE NOT relispartition AND NOT (relrowsecurity AND relforcerowsecurity)`,
  },
  {
    rule: 'a table belongs to tenants, or is listed',
    sql: `SELECT name AS fault FROM (${RELATIONS}) r
      WHERE relkind IN ('r', 'p', 'f') AND r.oid NOT IN (SELECT oid FROM (${TENANTED}) t)`,
    but: TABLES_OF_NO_TENANT,
  },
  {
    rule: 'a table of no tenant is for the owner alone',
    sql: `SELECT service || '.' || name || ' to ' || grantee::regrole AS fault
      FROM (${RELATIONS}) r, aclexplode(relacl)
      WHERE relkind IN ('r', 'p', 'f') AND grantee <> relowner
        AND r.oid NOT IN (SELECT oid FROM (${TENANTED}) t)`,
  },
  {
    rule: 'every row has a tenant',
    sql: `SELECT service || '.' || name AS fault FROM (${TENANTED}) t
      JOIN pg_attribute a ON attrelid = t.oid AND a.attnum = t.attnum
      WHERE NOT attnotnull OR atttypid <> 'uuid'::regtype`,
  },
  {
    rule: 'a partition is reached through its table alone',
    sql: `SELECT service || '.' || name AS fault FROM (${RELATIONS}) r, aclexplode(relacl)
      WHERE relispartition AND grantee <> relowner`,
  },
  {
    rule: 'a policy checks what is written',
    sql: `SELECT service || '.' || name || '.' || polname AS fault FROM (${RELATIONS}) r
      JOIN pg_policy ON polrelid = r.oid
      WHERE polwithcheck IS NULL AND polcmd <> 'd' AND NOT (polcmd = 'r'
        AND polroles = ARRAY[to_regrole(service || '_lookup')::oid])`,
  },
  {
    rule: 'a policy names its role, and the serving one its tenant',
    sql: `SELECT service || '.' || name || '.' || polname AS fault FROM (${RELATIONS}) r
      JOIN pg_policy ON polrelid = r.oid
      WHERE NOT polpermissive OR EXISTS (
        SELECT FROM unnest(polroles) AS to_role WHERE to_role = 0
        OR to_role NOT IN (to_regrole(service || '_app'), to_regrole(service || '_worker'),
          to_regrole(service || '_lookup'))
        OR to_role = to_regrole(service || '_app') AND EXISTS (
          SELECT FROM (VALUES (polqual), (polwithcheck)) AS one(expression)
          WHERE pg_get_expr(expression, polrelid) <> '(tenant_id = (NULLIF('
            || 'current_setting(''app.tenant_id''::text, true), ''''::text))::uuid)'))`,
  },
  {
    rule: 'the worker sees the tables of the relay and the sweeps alone',
    sql: `SELECT DISTINCT name AS fault FROM (${RELATIONS}) r JOIN pg_policy ON polrelid = r.oid
      WHERE to_regrole(service || '_worker') = ANY (polroles)`,
    but: WORKER_TABLES,
  },
  {
    rule: 'a view asks with the rights of its reader',
    sql: `SELECT service || '.' || name AS fault FROM (${RELATIONS}) r WHERE relkind = 'v'
      AND NOT coalesce(reloptions && ARRAY['security_invoker=true', 'security_invoker=on',
        'security_invoker=1', 'security_invoker=yes'], false)`,
  },
  {
    rule: 'a materialized view has no wall',
    sql: `SELECT service || '.' || name AS fault FROM (${RELATIONS}) r WHERE relkind = 'm'`,
  },
];

const ROLES_AND_RIGHTS: Check[] = [
  {
    rule: 'no role of a service is above the wall',
    sql: `SELECT rolname AS fault FROM (${ROLES}) r WHERE rolsuper OR rolbypassrls
      OR rolcreaterole OR rolcreatedb OR rolreplication OR (part = 'lookup' AND rolcanlogin)`,
  },
  {
    rule: 'who serves owns nothing',
    sql: `SELECT rolname || ' owns ' || object AS fault FROM (${ROLES}) r
      JOIN (SELECT relowner AS owner, 'table ' || relname AS object FROM pg_class
        UNION ALL SELECT nspowner, 'schema ' || nspname FROM pg_namespace
        UNION ALL SELECT proowner, 'function ' || proname FROM pg_proc
      ) AS owned ON owner = r.oid
      WHERE part <> 'owner' AND NOT (part = 'lookup' AND object LIKE 'function %')`,
  },
  {
    rule: 'no role of a service can become another one',
    sql: `SELECT rolname || ' can be ' || roleid::regrole AS fault FROM (${ROLES}) r
      JOIN pg_auth_members ON member = r.oid
      WHERE NOT (part = 'owner' AND roleid = to_regrole(service || '_lookup')
        AND NOT inherit_option)`,
  },
  {
    // TRUNCATE asks no policy; REFERENCES and TRIGGER tell of rows that the policy hides.
    rule: 'nobody but the owner may truncate, refer, trigger or maintain',
    sql: `SELECT service || '.' || name || ': ' || privilege_type || ' to ' || CASE grantee
        WHEN 0 THEN 'public' ELSE grantee::regrole::text END AS fault
      FROM (${RELATIONS}) r, aclexplode(relacl) WHERE grantee <> relowner
        AND (grantee = 0 OR privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN'))`,
  },
  {
    rule: 'a service reaches its own schema alone',
    sql: `SELECT rolname || ' reaches ' || nspname AS fault FROM (${ROLES}) r, pg_namespace n
      WHERE nspname NOT IN (service, 'extensions', 'pg_catalog', 'information_schema')
        AND nspname NOT LIKE 'pg\\_t%' AND has_schema_privilege(r.oid, n.oid, 'USAGE, CREATE')`,
  },
  {
    rule: 'who serves creates nothing',
    sql: `SELECT rolname || ' in ' || nspname AS fault FROM (${ROLES}) r, pg_namespace n
      WHERE part <> 'owner' AND nspname NOT LIKE 'pg\\_t%'
        AND has_schema_privilege(r.oid, n.oid, 'CREATE')`,
  },
  {
    rule: 'SECURITY DEFINER is listed',
    sql: `SELECT nspname || '.' || proname AS fault FROM pg_proc p
      JOIN pg_namespace n ON n.oid = pronamespace WHERE prosecdef AND nspname = ANY ($1)`,
    but: LOOKUP_FUNCTIONS,
  },
  {
    rule: 'a look-up belongs to its own role, fixes its search_path and is for its service',
    sql: `SELECT nspname || '.' || proname AS fault FROM pg_proc p
      JOIN pg_namespace n ON n.oid = pronamespace
      WHERE prosecdef AND nspname = ANY ($1) AND (
        proowner <> to_regrole(nspname || '_lookup') OR has_function_privilege('public', p.oid,
          'EXECUTE') OR NOT coalesce('search_path=' || nspname = ANY (proconfig), false))`,
  },
];

const KEYS: Check[] = [
  {
    rule: 'a unique key has the tenant in it, or is listed',
    sql: `SELECT service || '.' || name || '.' || i.relname AS fault
      FROM (${TENANTED}) t JOIN pg_index ON indrelid = t.oid
      JOIN pg_class i ON i.oid = indexrelid
      WHERE indisunique AND NOT attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1])`,
    but: UNIQUE_ACROSS_TENANTS,
  },
  {
    rule: 'an exclusion has the tenant in it',
    sql: `SELECT service || '.' || name || '.' || conname AS fault FROM (${TENANTED}) t
      JOIN pg_constraint ON conrelid = t.oid WHERE contype = 'x' AND NOT attnum = ANY (conkey)`,
  },
  {
    rule: "a foreign key leads to a row of the same tenant, in the same service's schema",
    sql: `SELECT t.service || '.' || t.name || '.' || conname AS fault FROM (${TENANTED}) t
      JOIN pg_constraint ON conrelid = t.oid
      LEFT JOIN (${TENANTED}) other ON other.oid = confrelid AND other.service = t.service
      WHERE contype = 'f'
        AND coalesce(array_position(conkey, t.attnum) <> array_position(confkey, other.attnum)
          OR array_position(confkey, other.attnum) IS NULL, true)`,
  },
  {
    // Under row-level security only a leakproof operator may use an index.
    rule: 'an index has columns whose operators are leakproof',
    sql: `SELECT service || '.' || name || '.' || i.relname AS fault
      FROM (${RELATIONS}) r JOIN pg_index ON indrelid = r.oid AND NOT indisexclusion
      JOIN pg_class i ON i.oid = indexrelid JOIN pg_am ON pg_am.oid = i.relam
      WHERE amname NOT IN ('btree', 'hash', 'brin') OR EXISTS (
        SELECT FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
        WHERE attrelid = indexrelid AND (typtype IN ('e', 'r', 'm') OR typcategory = 'A'
          OR typname IN ('numeric', 'json', 'jsonb', 'tsvector')))`,
  },
];

const TYPES: Check[] = [
  {
    rule: 'a status is text with a CHECK, not an enum',
    sql: `SELECT nspname || '.' || typname AS fault FROM pg_type
      JOIN pg_namespace n ON n.oid = typnamespace WHERE typtype = 'e' AND nspname = ANY ($1)`,
  },
  {
    rule: 'money is whole: bigint',
    sql: `SELECT fault FROM (${COLUMNS}) c
      WHERE (attname ~ '(^|_)amount$' AND typname <> 'int8') OR typname = 'money'`,
  },
  {
    rule: 'no column is a float',
    sql: `SELECT fault FROM (${COLUMNS}) c WHERE typname IN ('float4', 'float8')`,
  },
  {
    rule: 'a time has a zone',
    sql: `SELECT fault FROM (${COLUMNS}) c WHERE typname = 'timestamp'
      OR (attname ~ '_at$' AND typname <> 'timestamptz')`,
  },
];

const CHECKS = [...THE_WALL, ...ROLES_AND_RIGHTS, ...KEYS, ...TYPES];

/** What is wrong with the schemas of these services, each as `rule: where`. */
export async function catalogueFaults(query: Query, services: string[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { rule, sql, but = {} } of CHECKS) {
    const rows = await query<{ fault: string }>(sql, [services]);
    const found = rows.filter(({ fault }) => !(fault in but));
    faults.push(...found.map(({ fault }) => `${rule}: ${fault}`));
  }
  const standing = await query<{ service: string }>(
    `SELECT DISTINCT service FROM (${TENANTED}) t`,
    [services],
  );
  const known = new Set(standing.map(({ service }) => service));
  const unseen = services.filter((service) => !known.has(service));
  return [...faults, ...unseen.map((service) => `a service has tables: ${service}`)];
}
