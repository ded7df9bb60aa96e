/** Faults that are built in on purpose, so that it is seen that the verdict finds them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PlatformNeeds } from './platform.ts';

const folder = join(import.meta.dirname, 'plants');

/** In the platform's scratch folder once all is set up: some faults would spoil that already. */
export const SET_UP = 'set-up';

/** The needs of a scenario, with the fault in every service; as they are where none is named. */
export function plantNeeds(needs: PlatformNeeds, plant: string | undefined): PlatformNeeds {
  if (plant === undefined) return needs;
  const file = join(folder, `${plant}.ts`);
  if (!existsSync(file)) {
    const known = readdirSync(folder).map((name) => name.replace(/\.ts$/, ''));
    throw new Error(`There is no planted fault ${plant}, only ${known.join(', ')}.`);
  }
  return {
    ...needs,
    label: `${needs.label ?? ''} ${plant}`,
    preloads: (scratch) => {
      const { '*': everywhere = [], ...others } = needs.preloads?.(scratch) ?? {};
      const module = pathToFileURL(file);
      module.searchParams.set('scratch', scratch);
      return { ...others, '*': [...everywhere, module.href] };
    },
  };
}
