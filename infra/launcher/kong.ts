import { createPublicKey } from 'node:crypto';
import { keyThumbprint } from '@roundhouse/service/token';
import { parse, stringify } from 'yaml';

/** Kong reads no variables, so the public keys are written into its file before it starts. */
export function renderKong(text: string, private_pem: string): string {
  const publicKey = createPublicKey(private_pem);
  const config = parse(text, { version: '1.1' });
  config.consumers[0].jwt_secrets = [
    {
      key: keyThumbprint(publicKey),
      algorithm: 'RS256',
      rsa_public_key: publicKey.export({ type: 'spki', format: 'pem' }),
    },
  ];
  return stringify(config, { aliasDuplicateObjects: false });
}
