import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
/** NIST SP 800-38D: 96 bits, drawn anew for each text. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What only this service can make or read again, each purpose under a key of its own. */
export interface Sealing {
  /** A keyed hash: of what is looked up but is not to be read, or to be made by nobody else. */
  mac(purpose: string, text: string): Buffer;
  /** AES-256-GCM. `of` says whose it is: sealed for one row, it opens for no other. */
  seal(purpose: string, secret: Buffer, of: string): Buffer;
  open(purpose: string, sealed: Buffer, of: string): Buffer;
  /** A key for links of one kind. */
  linkKey(purpose: string): string;
}

/** From one secret of the configuration; another secret makes all that was sealed unreadable. */
export function sealing(secret: string): Sealing {
  const keys = new Map<string, Buffer>();
  const keyOf = (purpose: string): Buffer => {
    const known = keys.get(purpose);
    if (known !== undefined) return known;
    const key = Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES));
    keys.set(purpose, key);
    return key;
  };
  return {
    mac: (purpose, text) => createHmac('sha256', keyOf(purpose)).update(text).digest(),
    seal: (purpose, plain, of) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyOf(purpose), nonce).setAAD(Buffer.from(of));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open: (purpose, sealed, of) => {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', keyOf(purpose), nonce)
        .setAAD(Buffer.from(of))
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      const text = sealed.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(text), decipher.final()]);
    },
    linkKey: (purpose) => keyOf(purpose).toString('base64url'),
  };
}
