import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { keyThumbprint, type PublicKeyEntry } from '@roundhouse/service/token';

export interface SigningKey {
  kid: string;
  private: KeyObject;
  public: KeyObject;
}

export function signingKey(pem: string): SigningKey {
  const key = createPrivateKey(pem);
  const publicKey = createPublicKey(key);
  return { kid: keyThumbprint(publicKey), private: key, public: publicKey };
}

export const publicEntry = (key: SigningKey): PublicKeyEntry => ({ kid: key.kid, key: key.public });

export function jwkOf(key: SigningKey) {
  const { n = '', e = '' } = key.public.export({ format: 'jwk' });
  return { kid: key.kid, kty: 'RSA', alg: 'RS256', use: 'sig', n, e } as const;
}
