import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const repository = dirname(dirname(import.meta.dirname));

export interface ServiceFolder {
  /** Also the name of its schema, its roles, its queue and its host. */
  name: string;
  folder: string;
}

/** The services that stand in the house today; a folder is all it takes to be one. */
export function serviceFolders(): ServiceFolder[] {
  return readdirSync(join(repository, 'services'))
    .sort()
    .map((name) => ({ name, folder: join(repository, 'services', name) }))
    .filter(({ folder }) => existsSync(join(folder, 'src/main.ts')));
}
