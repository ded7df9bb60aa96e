/**
 * Writes kong.yml with the public keys of a folder, for Kong to load, and makes the first key where
 * there is none: `scripts/run node infra/keys/render-kong.ts KEYS-FOLDER FILE [--for-all]`. With
 * `--for-all` every user may read it: in a container Kong is another one than we.
 */
import { join } from 'node:path';
import { readKey, readKeyTable } from '@roundhouse/service/key-folder';
import { writeKong } from '../launcher/kong.ts';
import { ensureKeys } from './key-store.ts';

const [folder, file, whom] = process.argv.slice(2);
if (folder === undefined || file === undefined) {
  process.stderr.write('render-kong.ts KEYS-FOLDER FILE [--for-all]\n');
  process.exit(1);
}
ensureKeys(folder, join(folder, 'signing-key.pem'), Temporal.Now.instant());
const { keys } = readKeyTable(folder);
writeKong(
  file,
  keys.map(({ kid }) => readKey(folder, kid)),
  whom === '--for-all' ? 0o644 : undefined,
);
