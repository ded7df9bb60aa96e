/** What services declare, against itself and the gateway: `node infra/contracts/check.ts`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventType } from '@roundhouse/events/schema';
import { repository, type ServiceFolder, serviceFolders } from '../database/services.ts';
import { contractFaults, type Declaration } from './contract-faults.ts';
import { gatewayFaults } from './gateway-faults.ts';
import { permissionFaults } from './permissions.ts';

async function declarationOf({ name, folder }: ServiceFolder): Promise<Declaration> {
  const { contract } = await import(join(folder, 'src/contract.ts'));
  const file = join(folder, 'src/events.ts');
  const events: EventType[] = existsSync(file) ? Object.values(await import(file)) : [];
  return { service: name, contract, events: events.filter(isEvent) };
}

/** Beside its events a file may export the shapes that they are made of. */
const isEvent = (value: unknown): value is EventType =>
  typeof value === 'object' && value !== null && 'type' in value && 'example' in value;

const declarations = await Promise.all(serviceFolders().map(declarationOf));
const faults = (await Promise.all(declarations.map(contractFaults))).flat();
const kong = readFileSync(join(repository, 'kong.yml'), 'utf8');
faults.push(
  ...gatewayFaults(
    declarations.map(({ contract }) => contract),
    kong,
  ),
);
const permissions = readFileSync(join(repository, 'docs/permissions.md'), 'utf8');
faults.push(
  ...permissionFaults(
    declarations.map(({ contract }) => contract),
    permissions,
  ),
);
if (declarations.length === 0) faults.push('there is no service');
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.exitCode = Math.min(faults.length, 1);
