import { createPublicKey } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyThumbprint } from '@roundhouse/service/token';
import { parse, stringify } from 'yaml';
import { repository } from '../database/services.ts';

/**
 * Kong reads no variables, so the public keys are written into its file before it reads it. Of a
 * private key (PEM, as a public one) its public half alone is taken.
 */
export function renderKong(text: string, keys: readonly string[]): string {
  const config = parse(text, { version: '1.1' });
  config.consumers[0].jwt_secrets = keys.map((pem) => {
    const publicKey = createPublicKey(pem);
    return {
      key: keyThumbprint(publicKey),
      algorithm: 'RS256',
      rsa_public_key: publicKey.export({ type: 'spki', format: 'pem' }),
    };
  });
  return stringify(config, { aliasDuplicateObjects: false });
}

/** Writes the repository's kong.yml with these keys, whole or not at all: somebody may read it. */
export function writeKong(file: string, keys: readonly string[]): void {
  const kong = readFileSync(join(repository, 'kong.yml'), 'utf8');
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, renderKong(kong, keys), { mode: 0o600 });
  renameSync(partial, file);
}

/**
 * Has the gateway go by these keys from now on. It refuses a file that is wrong, in its log, and
 * keeps the one before: whoever needs a new key asks for something with a token of that key. A
 * gateway that does not run (`pid` is undefined) reads the file when it starts.
 */
export function reloadGateway(
  file: string,
  { keys, pid }: { keys: readonly string[]; pid: number | undefined },
): void {
  writeKong(file, keys);
  if (pid !== undefined) process.kill(pid, 'SIGHUP');
}
