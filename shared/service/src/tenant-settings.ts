import { type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { z } from 'zod';
import type { CallOptions } from './client.ts';
import type { Context } from './context.ts';
import { TenantSettings } from './contract.ts';

/** Keeps what the owner told, unless something newer is here already: order is not promised. */
export async function saveTenantSettings(
  tx: TenantTransaction,
  settings: TenantSettings,
): Promise<void> {
  const { id, name, vertical, time_zone, currency, version } = settings;
  tx.queue(sql`
    INSERT INTO tenant_settings AS kept (tenant_id, name, vertical, time_zone, currency, version)
    VALUES (${id}, ${name}, ${vertical}, ${time_zone}, ${currency}, ${version})
    ON CONFLICT (tenant_id) DO UPDATE SET name = excluded.name, vertical = excluded.vertical,
      time_zone = excluded.time_zone, currency = excluded.currency, version = excluded.version
    WHERE kept.version < excluded.version`);
}

async function findTenantSettings(tx: Reader, tenant_id: string) {
  const [row] = await tx.query(sql`
    SELECT tenant_id AS id, name, vertical, time_zone, currency, version
    FROM tenant_settings WHERE tenant_id = ${tenant_id}`);
  return row === undefined ? undefined : z.decode(TenantSettings, row as never);
}

/** Auth, as the contract of its `getTenant` makes it. */
export interface SettingsOwner {
  getTenant(input: object, options: CallOptions): Promise<TenantSettings>;
}

/**
 * The tenant's settings from this service's own copy. The event of the sign-up fills it; whoever
 * comes before the event makes us ask the owner, once, in the caller's name.
 */
export async function tenantSettings(
  { tenant, caller, request_id }: Context,
  owner: SettingsOwner,
): Promise<TenantSettings> {
  const known = await tenant.read((tx) => findTenantSettings(tx, tenant.id));
  if (known !== undefined) return known;
  const settings = await owner.getTenant({}, { token: caller.token, request_id });
  await tenant.transaction((tx) => saveTenantSettings(tx, settings), { framed: false });
  return settings;
}
