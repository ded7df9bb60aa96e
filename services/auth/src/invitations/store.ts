import {
  type Page,
  type PageRequest,
  page,
  type Reader,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { conflict, notFound } from '@roundhouse/errors';
import type { Role } from '@roundhouse/service/contract';
import { only } from '../rows.ts';
import {
  activeUsers,
  lockedTenant,
  type Seats,
  type Tenant,
  tenantById,
} from '../tenants/store.ts';
import { emailTaken } from '../users/store.ts';
import { type InvitationFacts, statusOf } from './invitation.ts';
import type { InvitationStatus } from './states.ts';

export interface Invitation extends InvitationFacts {
  id: string;
  email: string;
  roles: Role[];
  created_at: Temporal.Instant;
}

const columns = sql`id, version, email, roles, generation, expires_at, accepted_at, revoked_at,
  created_at`;

const invitationById = (tenant_id: string, id: string) =>
  sql`SELECT ${columns} FROM invitations WHERE tenant_id = ${tenant_id} AND id = ${id}`;

function found([invitation]: Invitation[]): Invitation {
  if (invitation === undefined) throw notFound('invitation');
  return invitation;
}

/** As it is told. */
export const shown = (invitation: Invitation, now: Temporal.Instant) => ({
  ...invitation,
  status: statusOf(invitation, now),
});

const isOpen = () =>
  conflict('invitation_open', 'There is an open invitation for this e-mail: send it again.');

/** The lock of the business, what its plan counts, and whether the e-mail has a user already. */
export async function lockForInvitation(tx: TenantTransaction, email: string) {
  const { id: tenant_id } = tx.tenant;
  const [tenants, seats, users, ids] = await tx.queries<
    [Tenant[], Seats[], unknown[], { id: string }[]]
  >([
    lockedTenant(tenant_id),
    activeUsers(tenant_id),
    sql`SELECT id FROM users WHERE tenant_id = ${tenant_id} AND email = ${email.toLowerCase()}`,
    sql`SELECT uuidv7() AS id`,
  ]);
  if (users.length > 0) throw emailTaken.one_user_per_email();
  return { tenant: only(tenants), seats: only(seats), new_id: only(ids).id };
}

export function insertInvitation(tx: TenantTransaction, invitation: Invitation): void {
  const { id, email, roles, expires_at, created_at } = invitation;
  tx.queue(
    sql`INSERT INTO invitations (tenant_id, id, email, roles, expires_at, created_at)
      VALUES (${tx.tenant.id}, ${id}, ${email}, ${roles}, ${expires_at}, ${created_at})`,
    { one_open_invitation_per_email: isOpen },
  );
}

export async function findInvitation(tx: Reader, tenant_id: string, id: string) {
  return found(await tx.query<Invitation>(invitationById(tenant_id, id)));
}

export async function lockInvitation(tx: TenantTransaction, id: string): Promise<Invitation> {
  return found(await tx.query<Invitation>(sql`${invitationById(tx.tenant.id, id)} FOR UPDATE`));
}

/** An invitation with the business that it is to, in one round trip. */
export async function findInvitationAndTenant(tx: Reader, tenant_id: string, id: string) {
  const [invitations, tenants] = await tx.queries<[Invitation[], Tenant[]]>([
    invitationById(tenant_id, id),
    tenantById(tenant_id),
  ]);
  return { invitation: found(invitations), tenant: only(tenants) };
}

/** The business first, as whoever counts users does; of two at once the second sees the first. */
export async function lockForAcceptance(tx: TenantTransaction, id: string) {
  const { id: tenant_id } = tx.tenant;
  const [tenants, invitations, seats, ids] = await tx.queries<
    [Tenant[], Invitation[], Seats[], { id: string }[]]
  >([
    lockedTenant(tenant_id),
    sql`${invitationById(tenant_id, id)} FOR UPDATE`,
    activeUsers(tenant_id),
    sql`SELECT uuidv7() AS id`,
  ]);
  const invitation = found(invitations);
  return { tenant: only(tenants), invitation, seats: only(seats), new_id: only(ids).id };
}

export function updateInvitation(tx: TenantTransaction, invitation: Invitation): void {
  const { id, version, generation, expires_at, revoked_at } = invitation;
  tx.queue(sql`
    UPDATE invitations SET version = ${version}, generation = ${generation},
      expires_at = ${expires_at}, revoked_at = ${revoked_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id}`);
}

/** After the user, whom it names. */
export function markAccepted(tx: TenantTransaction, { id }: Invitation, user_id: string): void {
  tx.queue(sql`
    UPDATE invitations SET version = version + 1, accepted_at = ${tx.tenant.now()},
      user_id = ${user_id}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id}`);
}

const withStatus = (status: InvitationStatus | undefined, now: Temporal.Instant) => {
  if (status === undefined) return sql``;
  if (status === 'accepted') return sql`AND accepted_at IS NOT NULL`;
  if (status === 'revoked') return sql`AND revoked_at IS NOT NULL`;
  const waiting = sql`AND accepted_at IS NULL AND revoked_at IS NULL`;
  return status === 'open'
    ? sql`${waiting} AND expires_at > ${now}`
    : sql`${waiting} AND expires_at <= ${now}`;
};

export async function findInvitations(
  tx: Reader,
  tenant: { id: string; now: () => Temporal.Instant },
  query: PageRequest & { status?: InvitationStatus | undefined },
): Promise<Page<Invitation & { status: InvitationStatus }>> {
  const now = tenant.now();
  const { position, order, of } = page(query);
  const rows = await tx.query<Invitation>(sql`
    SELECT ${columns} FROM invitations
    WHERE tenant_id = ${tenant.id} ${withStatus(query.status, now)} ${position} ${order}`);
  return of(rows, (row) => shown(row, now));
}
