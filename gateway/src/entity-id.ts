import { createHash } from 'node:crypto';

/** Kong's namespace for ids of declared entities; ids break ties in the router, so ours agree. */
const NAMESPACE = 'fd02801f-0957-4a15-a55a-c8d9606f30b5';

/** Stands for the entity that there is none of, in the keys of counts. */
export const NO_ENTITY = '00000000-0000-0000-0000-000000000000';

/** RFC 9562 version 5. */
function uuidV5(namespace: string, name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex', 0, 16);
  return [0, 8, 12, 16, 20].map((from, i, all) => hex.slice(from, all[i + 1])).join('-');
}

/** The id that Kong gives to an entity that declares a name and no id. */
export function entityId(collection: 'services' | 'routes' | 'consumers', name: string): string {
  return uuidV5(uuidV5(NAMESPACE, collection), name);
}

/** The id that Kong derives for a plugin from where it stands; `*` is the one workspace. */
export function pluginId(
  name: string,
  { route = '', service = '' }: { route?: string | undefined; service?: string | undefined },
): string {
  const key = `plugins:*:${name}:${route}:${service}:`;
  return uuidV5(uuidV5(NAMESPACE, 'plugins'), key);
}
