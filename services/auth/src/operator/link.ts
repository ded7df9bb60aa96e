/**
 * Prints the link of the newest open invitation, reset or verification of an e-mail, until there is
 * a service that sends it: `scripts/link`. In the embedded mode alone, since whoever holds such a
 * link can become its user. It stands in no log and in no answer.
 */
import { connect, type Reader, sql } from '@roundhouse/database';
import { readConfig } from '@roundhouse/service/process';
import { z } from 'zod';
import { linkKeyConfig, linkKeysOf } from '../links/keys.ts';
import { type LinkKind, linkUrl } from '../links/link.ts';
import { tenantOfSubdomain } from '../tenants/store.ts';
import { tenantsOfEmail } from '../users/store.ts';
import { OPERATOR } from './origin.ts';

const config = readConfig(
  z.object({
    ROUNDHOUSE_MODE: z.literal('embedded', 'Links are printed in the embedded mode alone.'),
    DATABASE_URL: z.url(),
    PUBLIC_URL: z.url(),
    ...linkKeyConfig,
  }),
);

const Arguments = z.tuple([
  z.enum(['invitation', 'reset', 'verification']),
  z.email().toLowerCase(),
  z.string().optional(),
]);

interface Open {
  tenant_id: string;
  id: string;
  generation: number;
  sent_at: Temporal.Instant;
}

const USAGE = 'scripts/link invitation|reset|verification E-MAIL [SUBDOMAIN]';

const openOnes = (tenant_id: string, kind: LinkKind, email: string, now: Temporal.Instant) =>
  kind === 'invitation'
    ? sql`SELECT tenant_id, id, generation, expires_at AS sent_at FROM invitations
        WHERE tenant_id = ${tenant_id} AND email = ${email} AND accepted_at IS NULL
          AND revoked_at IS NULL AND expires_at > ${now}`
    : sql`SELECT tenant_id, user_id AS id, generation, requested_at AS sent_at FROM account_links
        WHERE tenant_id = ${tenant_id} AND email = ${email} AND kind = ${kind}
          AND used_at IS NULL AND expires_at > ${now}`;

async function newestLink(kind: LinkKind, email: string, subdomain?: string) {
  const database = connect({ url: config.DATABASE_URL, max: 1 });
  try {
    const find = async () => {
      if (subdomain !== undefined) return [await tenantOfSubdomain(database, subdomain)];
      if (kind !== 'invitation') return tenantsOfEmail(database, email);
      const inviting = sql`SELECT tenants_inviting(${email}) AS id`;
      return (await database.lookup<{ id: string }>(inviting)).map(({ id }) => id);
    };
    const found: Open[] = [];
    for (const id of await find()) {
      if (id === undefined) continue;
      const tenant = database.tenant(id, OPERATOR);
      const open = (tx: Reader) => tx.query<Open>(openOnes(id, kind, email, tenant.now()));
      found.push(...(await tenant.read(open)));
    }
    return found.sort((one, other) => Temporal.Instant.compare(other.sent_at, one.sent_at))[0];
  } finally {
    await database.close();
  }
}

const given = Arguments.safeParse(process.argv.slice(2));
if (!given.success) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}
const [kind, email, subdomain] = given.data;
const link = await newestLink(kind, email, subdomain);
if (link === undefined) {
  process.stderr.write(`There is no open ${kind} for ${email}.\n`);
  process.exit(1);
}
process.stdout.write(`${linkUrl(linkKeysOf(config), config.PUBLIC_URL, kind, link)}\n`);
