import { type Knex, lookupFunction } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await lookupFunction(knex, {
    signature: 'tenants_inviting(of_email text)',
    returns: 'SETOF uuid',
    query: 'SELECT DISTINCT tenant_id FROM invitations WHERE email = of_email LIMIT 20',
    reads: { invitations: 'tenant_id, email' },
  });
}
