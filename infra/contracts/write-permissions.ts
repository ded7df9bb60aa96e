/** Writes docs/permissions.md: `scripts/run node infra/contracts/write-permissions.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contract } from '@roundhouse/service/contract';
import { repository, serviceFolders } from '../database/services.ts';
import { permissionsDocument } from './permissions.ts';

const contracts: Contract[] = [];
for (const { folder } of serviceFolders()) {
  contracts.push((await import(join(folder, 'src/contract.ts'))).contract);
}
writeFileSync(join(repository, 'docs/permissions.md'), permissionsDocument(contracts));
