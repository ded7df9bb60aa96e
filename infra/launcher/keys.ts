import { join } from 'node:path';
import { readKey, readKeyTable } from '@roundhouse/service/key-folder';
import { ensureKeys, retireDueKeys } from '../keys/key-store.ts';
import { overdueDays } from '../keys/rotation.ts';
import { reloadGateway, writeKong } from './kong.ts';

export const keyFolder = (data: string): string => join(data, 'keys');

const LOOK_MS = 500;
const DAY_MS = 24 * 3_600_000;

const kidsOf = (folder: string) => readKeyTable(folder).keys.map(({ kid }) => kid);
const pemsOf = (folder: string, kids: string[]) => kids.map((kid) => readKey(folder, kid));

/**
 * Makes the first key where there is none, writes kong.yml with all that there are, and answers
 * their names.
 */
export function prepareKeys(data: string, kong_file: string): string[] {
  const folder = keyFolder(data);
  const now = Temporal.Now.instant();
  ensureKeys(folder, join(data, 'signing-key.pem'), now);
  retireDueKeys(folder, now);
  const kids = kidsOf(folder);
  writeKong(kong_file, pemsOf(folder, kids));
  return kids;
}

export interface KeyWatch {
  data: string;
  kong_file: string;
  /** The names of the keys that the gateway was started with. */
  kids: string[];
  gatewayPid: () => number | undefined;
  say: (line: string) => void;
}

/**
 * Has the gateway know the keys of the table from now on, whoever changes it, and removes those
 * whose time has come. A look that fails is repeated by the next.
 */
export function watchKeys({ data, kong_file, kids, gatewayPid, say }: KeyWatch): void {
  const folder = keyFolder(data);
  let known = kids.join();
  let told_at = Number.NEGATIVE_INFINITY;

  const tellAge = () => {
    if (performance.now() - told_at < DAY_MS) return;
    told_at = performance.now();
    const days = overdueDays(readKeyTable(folder), Temporal.Now.instant());
    if (days !== undefined) say(`The signing key is ${days} days old: scripts/rotate-keys`);
  };

  const look = () => {
    tellAge();
    for (const kid of retireDueKeys(folder, Temporal.Now.instant())) {
      say(`The key ${kid} is retired: no token is left that it signed`);
    }
    const now = kidsOf(folder);
    if (now.join() === known) return;
    reloadGateway(kong_file, { keys: pemsOf(folder, now), pid: gatewayPid() });
    known = now.join();
  };
  setInterval(() => {
    try {
      look();
    } catch (error) {
      say(`Keys: ${(error as Error).message}`);
    }
  }, LOOK_MS);
}
