import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link opens. A new generation revokes the links of the ones before. */
export interface Link {
  tenant_id: string;
  id: string;
  generation: number;
}

const UUID_BYTES = 16;
const GENERATION_BYTES = 4;
/** 128 bits: nobody guesses one. */
const MAC_BYTES = 16;
const LENGTH = 2 * UUID_BYTES + GENERATION_BYTES + MAC_BYTES;
const TOKEN = /^[\w-]{70}$/;

const uuidBytes = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex');
const uuidText = (bytes: Buffer) =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

const macOf = (key: string, kind: string, content: Buffer) =>
  createHmac('sha256', key).update(`${kind}\0`).update(content).digest().subarray(0, MAC_BYTES);

/**
 * The token of a link, derived whenever it is needed and never stored: tenant, id and generation,
 * sealed with a MAC under the key of this kind of link.
 */
export function sealLink(key: string, kind: string, { tenant_id, id, generation }: Link): string {
  const content = Buffer.alloc(LENGTH - MAC_BYTES);
  uuidBytes(tenant_id).copy(content, 0);
  uuidBytes(id).copy(content, UUID_BYTES);
  content.writeUInt32BE(generation, 2 * UUID_BYTES);
  return Buffer.concat([content, macOf(key, kind, content)]).toString('base64url');
}

/** What the token opens, or undefined when it was not sealed with this key for this kind. */
export function openLink(key: string, kind: string, token: string): Link | undefined {
  const bytes = TOKEN.test(token) ? Buffer.from(token, 'base64url') : undefined;
  // The last character has bits to spare: of the spellings that decode alike one alone is ours.
  if (bytes?.length !== LENGTH || bytes.toString('base64url') !== token) return undefined;
  const content = bytes.subarray(0, LENGTH - MAC_BYTES);
  if (!timingSafeEqual(bytes.subarray(LENGTH - MAC_BYTES), macOf(key, kind, content))) {
    return undefined;
  }
  return {
    tenant_id: uuidText(content.subarray(0, UUID_BYTES)),
    id: uuidText(content.subarray(UUID_BYTES, 2 * UUID_BYTES)),
    generation: content.readUInt32BE(2 * UUID_BYTES),
  };
}
