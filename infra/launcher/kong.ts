import { createHash, createPublicKey } from 'node:crypto';
import { parse, stringify } from 'yaml';

/** RFC 7638, as auth names its keys. */
function thumbprint(publicKey: ReturnType<typeof createPublicKey>): string {
  const { e, kty, n } = publicKey.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
}

/** Kong reads no variables, so the public keys are written into its file before it starts. */
export function renderKong(text: string, private_pem: string): string {
  const publicKey = createPublicKey(private_pem);
  const config = parse(text, { version: '1.1' });
  config.consumers[0].jwt_secrets = [
    {
      key: thumbprint(publicKey),
      algorithm: 'RS256',
      rsa_public_key: publicKey.export({ type: 'spki', format: 'pem' }),
    },
  ];
  return stringify(config, { aliasDuplicateObjects: false });
}
