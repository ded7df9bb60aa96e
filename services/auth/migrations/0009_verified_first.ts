import { type Knex, lookupFunction } from '@roundhouse/database/migration';

/**
 * Anybody may sign up under anybody's e-mail, and five businesses at most are looked at. Those in
 * which it was verified come first, so that strangers can't crowd out whom it belongs to.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('DROP FUNCTION tenants_of_email(text)');
  await lookupFunction(knex, {
    signature: 'tenants_of_email(of_email text)',
    returns: 'SETOF uuid',
    query: `SELECT users.tenant_id FROM users JOIN tenants ON tenants.tenant_id = users.tenant_id
      WHERE email = of_email
      ORDER BY sandbox_of IS NOT NULL, email_verified_at IS NULL, users.tenant_id LIMIT 5`,
    reads: {
      users: 'tenant_id, email, email_verified_at',
      tenants: 'tenant_id, subdomain, sandbox_of',
    },
  });
}
