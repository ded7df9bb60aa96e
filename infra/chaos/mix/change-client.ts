import type { Kind } from '../mix.ts';
import { countedBy } from '../stock.ts';

/**
 * Of the version that it knows: keys are for what is made, a change is kept from happening twice by
 * its version. Each leaves one line in the trail: that is where a second one would be seen.
 */
export const kind: Kind = {
  name: 'change a client',
  weight: 3,
  services: ['clients'],
  plan: ({ business, token, random }) => {
    const client = business.clients.shift();
    if (client === undefined) return undefined;
    const external_id = random.uuid();
    return {
      request: {
        method: 'PATCH',
        path: `clients/clients/${client.id}`,
        token,
        if_match: client.version,
        body: { external_id },
      },
      subject: external_id,
    };
  },
  write: {
    retried: true,
    repeated: 'version_stale',
    effects: countedBy(
      `SELECT after ->> 'external_id' AS subject, count(*) AS effects FROM clients.audit_log
          WHERE after ->> 'external_id' = ANY($1) GROUP BY 1`,
    ),
  },
};
