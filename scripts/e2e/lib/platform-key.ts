import { createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import { join } from 'node:path';
import { readKey, readKeyTable } from '@roundhouse/service/key-folder';
import { AUDIENCE, ISSUER, TOKEN_TYPE } from '@roundhouse/service/token';

export interface PlatformKey {
  kid: string;
  key: KeyObject;
}

/** The key that the platform under test signs with, from its own folder. */
export function platformKey(data = process.env.DATA_DIR): PlatformKey {
  if (data === undefined) throw new Error('DATA_DIR says where the platform keeps its keys.');
  const folder = join(data, 'keys');
  const signing = readKeyTable(folder).keys.find(({ phase }) => phase === 'signing');
  if (signing === undefined) throw new Error(`No key signs in ${folder}.`);
  return { kid: signing.kid, key: createPrivateKey(readKey(folder, signing.kid)) };
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as auth would sign it, of whoever a test wants to be. */
export function tokenWith({ kid, key }: PlatformKey, claims: object): string {
  const iat = Math.floor(Date.now() / 1000);
  const content = [
    encode({ alg: 'RS256', typ: TOKEN_TYPE, kid }),
    encode({
      ...{ iss: ISSUER, aud: AUDIENCE, sub: randomUUID(), sid: randomUUID(), ver: 1 },
      ...{ iat, nbf: iat - 60, exp: iat + 900, ...claims },
    }),
  ].join('.');
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), key).toString('base64url')}`;
}
