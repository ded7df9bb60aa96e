/**
 * Suspends a business, restores it, or gives it a plan: `scripts/tenant`. With auth's own role, in
 * the transaction of the business; the services hear of it by an event, which the relay of a
 * running auth sends.
 */
import { parseArgs } from 'node:util';
import { connect } from '@roundhouse/database';
import { readConfig } from '@roundhouse/service/process';
import { z } from 'zod';
import { changePlan, restore, suspend } from '../tenants/operate.ts';
import { planNames } from '../tenants/states.ts';
import { tenantOfSubdomain } from '../tenants/store.ts';
import { OPERATOR } from './origin.ts';

const USAGE = `scripts/tenant suspend SUBDOMAIN [--reason TEXT]
scripts/tenant restore SUBDOMAIN [--reason TEXT]
scripts/tenant plan SUBDOMAIN ${planNames.join('|')} [--reason TEXT] [--users N]
  [--requests-per-minute N] [--machine-clients N]
What is granted instead of the plan's own limits ends with the next plan.`;

const config = readConfig(z.object({ DATABASE_URL: z.url() }));

const granted = z.coerce.number().int().min(1).optional();
const Options = z.strictObject({
  reason: z.string().trim().min(1).max(500).optional(),
  users: granted,
  'requests-per-minute': granted,
  'machine-clients': granted,
});
const Command = z.union([
  z.tuple([z.enum(['suspend', 'restore']), z.string()]),
  z.tuple([z.literal('plan'), z.string(), z.enum(planNames)]),
]);

function fail(message: string, code: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        reason: { type: 'string' },
        users: { type: 'string' },
        'requests-per-minute': { type: 'string' },
        'machine-clients': { type: 'string' },
      },
    });
    return { command: Command.parse(positionals), options: Options.parse({ ...values }) };
  } catch {
    return fail(USAGE, 2);
  }
}

const { command, options } = readArguments();
const [verb, subdomain, plan] = command;
const reason = options.reason ?? null;
const database = connect({ url: config.DATABASE_URL, max: 1 });
const id = await tenantOfSubdomain(database, subdomain);
if (id === undefined) fail(`There is no business ${subdomain}.`, 1);
const tenant = database.tenant(id, OPERATOR);
const limits = {
  users_granted: options.users ?? null,
  requests_per_minute_granted: options['requests-per-minute'] ?? null,
  machine_clients_granted: options['machine-clients'] ?? null,
};
const said = await {
  suspend: () => suspend(tenant, reason),
  restore: () => restore(tenant, reason),
  plan: () => changePlan(tenant, { plan: plan ?? 'standard', ...limits }, reason),
}[verb]();
await database.close();
process.stdout.write(`${subdomain}: ${said}\n`);
