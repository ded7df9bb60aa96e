import {
  type Database,
  type Page,
  type PageRequest,
  page,
  type Reader,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import { only } from '../rows.ts';
import { lockedTenant, type Tenant, tenantById } from '../tenants/store.ts';
import type { MachineFacts, Secrets } from './machine-client.ts';

export interface MachineClient extends MachineFacts, Secrets {
  id: string;
  created_by: string;
  created_at: Temporal.Instant;
  last_used_at: Temporal.Instant | null;
}

const columns = sql`id, version, token_version, name, scopes, secret_hash, secret_prefix,
  previous_secret_hash, previous_secret_prefix, previous_secret_expires_at, created_by, created_at,
  updated_at, last_used_at, revoked_at`;

const byId = (tenant_id: string, id: string) =>
  sql`SELECT ${columns} FROM machine_clients WHERE tenant_id = ${tenant_id} AND id = ${id}`;

export async function tenantOfMachineClient(database: Database, id: string) {
  const [row] = await database.lookup<{ id: string | null }>(
    sql`SELECT tenant_of_machine_client(${id}) AS id`,
  );
  return row?.id ?? undefined;
}

function found([client]: MachineClient[]): MachineClient {
  if (client === undefined) throw notFound('machine_client');
  return client;
}

export const findMachineClient = async (tx: Reader, tenant_id: string, id: string) =>
  found(await tx.query<MachineClient>(byId(tenant_id, id)));

/** With its business, in one round trip; undefined where there is none. */
export async function findWithTenant(tx: Reader, tenant_id: string, id: string) {
  const [clients, tenants] = await tx.queries<[MachineClient[], Tenant[]]>([
    byId(tenant_id, id),
    tenantById(tenant_id),
  ]);
  return { client: clients[0], tenant: only(tenants) };
}

export const lockMachineClient = async (tx: TenantTransaction, id: string) =>
  found(await tx.query<MachineClient>(sql`${byId(tx.tenant.id, id)} FOR UPDATE`));

/** Counted after the lock of the business was waited for. */
export async function lockPlaces(tx: TenantTransaction) {
  const [tenants, counts] = await tx.queries<[Tenant[], { used: number }[]]>([
    lockedTenant(tx.tenant.id),
    sql`SELECT count(*) AS used FROM machine_clients
      WHERE tenant_id = ${tx.tenant.id} AND revoked_at IS NULL`,
  ]);
  return { tenant: only(tenants), used: only(counts).used };
}

export async function insertMachineClient(
  tx: TenantTransaction,
  client: Pick<MachineClient, 'name' | 'scopes' | 'secret_hash' | 'secret_prefix' | 'created_by'>,
): Promise<MachineClient> {
  const { name, scopes, secret_hash, secret_prefix, created_by } = client;
  const now = tx.tenant.now();
  const rows = await tx.query<MachineClient>(sql`
    INSERT INTO machine_clients (tenant_id, name, scopes, secret_hash, secret_prefix, created_by,
      created_at, updated_at)
    VALUES (${tx.tenant.id}, ${name}, ${scopes}, ${secret_hash}, ${secret_prefix}, ${created_by},
      ${now}, ${now})
    RETURNING ${columns}`);
  return only(rows);
}

export function updateMachineClient(tx: TenantTransaction, client: MachineClient): void {
  tx.queue(sql`
    UPDATE machine_clients SET version = ${client.version},
      token_version = ${client.token_version}, name = ${client.name}, scopes = ${client.scopes},
      secret_hash = ${client.secret_hash}, secret_prefix = ${client.secret_prefix},
      previous_secret_hash = ${client.previous_secret_hash},
      previous_secret_prefix = ${client.previous_secret_prefix},
      previous_secret_expires_at = ${client.previous_secret_expires_at},
      updated_at = ${client.updated_at}, revoked_at = ${client.revoked_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${client.id}`);
}

const MINUTE = { minutes: 1 };

/** At most once a minute, however often a machine asks for a token. */
export function isUseToBeWritten(client: MachineClient, now: Temporal.Instant): boolean {
  const { last_used_at } = client;
  return last_used_at === null || Temporal.Instant.compare(last_used_at.add(MINUTE), now) <= 0;
}

export function useMachineClient(tx: TenantTransaction, id: string): void {
  const now = tx.tenant.now();
  tx.queue(sql`
    UPDATE machine_clients SET last_used_at = ${now}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id}
      AND (last_used_at IS NULL OR last_used_at <= ${now.subtract(MINUTE)})`);
}

export async function findMachineClients(
  tx: Reader,
  tenant_id: string,
  { active, ...query }: PageRequest & { active?: 'true' | 'false' | undefined },
): Promise<Page<MachineClient>> {
  const { position, order, of } = page(query);
  const kept = active === undefined ? sql`` : sql`AND (revoked_at IS NULL) = (${active} = 'true')`;
  const rows = await tx.query<MachineClient>(sql`
    SELECT ${columns} FROM machine_clients WHERE tenant_id = ${tenant_id} ${kept}
      ${position} ${order}`);
  return of(rows);
}
