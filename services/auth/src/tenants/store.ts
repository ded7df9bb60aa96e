import { type Database, type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import type { TenantSettings } from '@roundhouse/service/contract';
import { only } from '../rows.ts';
import type { PlanFacts } from './plan.ts';

/** As a sign-up makes it. */
export type NewTenant = TenantSettings & { subdomain: string };

export interface Brand {
  name: string | null;
  color: string | null;
  logo_url: string | null;
}

/** The whole row, but for the brand, which stands in columns of its own. */
export type Tenant = NewTenant &
  PlanFacts & {
    legal_name: string | null;
    address: string | null;
    phone: string | null;
    support_email: string | null;
    brand_name: string | null;
    brand_color: string | null;
    brand_logo_url: string | null;
    suspended_at: Temporal.Instant | null;
    suspended_reason: string | null;
    sandbox_of: string | null;
    sandbox_id: string | null;
  };

const tenantColumns = sql`
  tenant_id AS id, name, subdomain, vertical, time_zone, currency, version, legal_name, address,
  phone, support_email, brand_name, brand_color, brand_logo_url, plan, users_granted,
  requests_per_minute_granted, machine_clients_granted, suspended_at, suspended_reason, sandbox_of,
  sandbox_id`;

export async function tenantOfSubdomain(database: Database, subdomain: string) {
  const [row] = await database.lookup<{ id: string | null }>(
    sql`SELECT tenant_of_subdomain(${subdomain}) AS id`,
  );
  return row?.id ?? undefined;
}

export async function newTenantId(database: Database): Promise<string> {
  const rows = await database.lookup<{ id: string }>(sql`SELECT uuidv7() AS id`);
  return only(rows).id;
}

const subdomainTaken = {
  one_tenant_per_subdomain: () => conflict('subdomain_taken', 'This subdomain is taken.'),
};

export function insertTenant(tx: TenantTransaction, tenant: NewTenant): void {
  const { id, name, subdomain, vertical, time_zone, currency, version } = tenant;
  tx.queue(
    sql`INSERT INTO tenants (tenant_id, name, subdomain, vertical, time_zone, currency, version,
        created_at)
      VALUES (${id}, ${name}, ${subdomain}, ${vertical}, ${time_zone}, ${currency}, ${version},
        ${tx.tenant.now()})`,
    subdomainTaken,
  );
}

/** With the profile and the brand of the business that it belongs to. */
export function insertSandbox(tx: TenantTransaction, of: Tenant, subdomain: string): Tenant {
  tx.queue(
    sql`INSERT INTO tenants (tenant_id, name, subdomain, vertical, time_zone, currency, version,
        legal_name, address, phone, support_email, brand_name, brand_color, brand_logo_url, plan,
        sandbox_of, created_at)
      VALUES (${tx.tenant.id}, ${of.name}, ${subdomain}, ${of.vertical}, ${of.time_zone},
        ${of.currency}, 1, ${of.legal_name}, ${of.address}, ${of.phone}, ${of.support_email},
        ${of.brand_name}, ${of.brand_color}, ${of.brand_logo_url}, 'sandbox', ${of.id},
        ${tx.tenant.now()})`,
    subdomainTaken,
  );
  const own = { id: tx.tenant.id, subdomain, version: 1, plan: 'sandbox' as const };
  const granted = {
    users_granted: null,
    requests_per_minute_granted: null,
    machine_clients_granted: null,
  };
  return { ...of, ...own, ...granted, sandbox_of: of.id, sandbox_id: null };
}

/** A sandbox that is to be made has no row yet to be locked. */
export async function lockSandbox(tx: TenantTransaction) {
  const [, found, ids] = await tx.queries<[unknown[], Tenant[], { id: string }[]]>([
    sql`SELECT pg_advisory_xact_lock(hashtextextended(${`sandbox ${tx.tenant.id}`}, 0))`,
    tenantById(tx.tenant.id),
    sql`SELECT uuidv7() AS id`,
  ]);
  return { found: found[0], new_id: only(ids).id };
}

export const tenantById = (tenant_id: string) =>
  sql`SELECT ${tenantColumns} FROM tenants WHERE tenant_id = ${tenant_id}`;

/** The lock of a business: whoever counts its users or its owners takes it first. */
export const lockedTenant = (tenant_id: string) =>
  // A foreign key to the business, such as a new session's, does not wait for it.
  sql`${tenantById(tenant_id)} FOR NO KEY UPDATE`;

/** Active ones: what a plan counts, and what an owner's place is judged by. */
export const activeUsers = (tenant_id: string) => sql`
  SELECT count(*) AS users, count(*) FILTER (WHERE 'owner' = ANY(roles)) AS owners,
    (SELECT count(*) FROM machine_clients
      WHERE tenant_id = ${tenant_id} AND revoked_at IS NULL) AS machine_clients
  FROM users WHERE tenant_id = ${tenant_id} AND deactivated_at IS NULL`;

export interface Seats {
  users: number;
  owners: number;
  machine_clients: number;
}

export async function findTenant(tx: Reader, tenant_id: string): Promise<Tenant> {
  return only(await tx.query<Tenant>(tenantById(tenant_id)));
}

export async function findTenantAndSeats(tx: Reader, tenant_id: string) {
  const [tenants, seats] = await tx.queries<[Tenant[], Seats[]]>([
    tenantById(tenant_id),
    activeUsers(tenant_id),
  ]);
  return { tenant: only(tenants), seats: only(seats) };
}

/** Counted after the lock was waited for, with an id for whoever is to be added. */
export async function lockTenantAndSeats(tx: TenantTransaction) {
  const [tenants, seats, ids] = await tx.queries<[Tenant[], Seats[], { id: string }[]]>([
    lockedTenant(tx.tenant.id),
    activeUsers(tx.tenant.id),
    sql`SELECT uuidv7() AS id`,
  ]);
  return { tenant: only(tenants), seats: only(seats), new_id: only(ids).id };
}

export function updateTenant(tx: TenantTransaction, tenant: Tenant): void {
  tx.queue(sql`
    UPDATE tenants SET version = ${tenant.version}, name = ${tenant.name},
      time_zone = ${tenant.time_zone}, legal_name = ${tenant.legal_name},
      address = ${tenant.address}, phone = ${tenant.phone},
      support_email = ${tenant.support_email}, brand_name = ${tenant.brand_name},
      brand_color = ${tenant.brand_color}, brand_logo_url = ${tenant.brand_logo_url},
      plan = ${tenant.plan}, users_granted = ${tenant.users_granted},
      requests_per_minute_granted = ${tenant.requests_per_minute_granted},
      machine_clients_granted = ${tenant.machine_clients_granted},
      suspended_at = ${tenant.suspended_at}, suspended_reason = ${tenant.suspended_reason},
      sandbox_id = ${tenant.sandbox_id}
    WHERE tenant_id = ${tenant.id}`);
}
