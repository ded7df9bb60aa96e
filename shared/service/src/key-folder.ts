import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * In the public key set, but not used; what tokens are signed with; in the set as long as tokens of
 * before may be about.
 */
const keyPhases = ['published', 'signing', 'retiring'] as const;
export type KeyPhase = (typeof keyPhases)[number];

const Time = z.iso.datetime({ offset: true });

const KeyEntry = z.strictObject({
  /** The key's thumbprint, and the name of its file. */
  kid: z.string().regex(/^[\w-]{43}$/),
  phase: z.enum(keyPhases),
  /** When it came into this phase. */
  since: Time,
  /** Of a retiring one: from when on no good token is left that it signed. */
  retire_at: Time.nullable(),
});
export type KeyEntry = z.infer<typeof KeyEntry>;

const countOf = (keys: readonly KeyEntry[], phase: KeyPhase) =>
  keys.filter((key) => key.phase === phase).length;

/**
 * Which keys there are, in the file `keys.json` of their folder. It is replaced as a whole, and a
 * key's file stands before it names the key and goes after it has forgotten it: whoever reads at
 * any moment, after any crash, finds what he is told of.
 */
export const KeyTable = z
  .strictObject({ keys: z.array(KeyEntry) })
  .refine(({ keys }) => countOf(keys, 'signing') === 1, 'has one key that signs')
  .refine(({ keys }) => countOf(keys, 'published') <= 1, 'has one next key at most')
  .refine(
    ({ keys }) => new Set(keys.map(({ kid }) => kid)).size === keys.length,
    'names a key once',
  )
  .refine(
    ({ keys }) => keys.every((key) => (key.phase === 'retiring') === (key.retire_at !== null)),
    'says when those that retire do so',
  );
export type KeyTable = z.infer<typeof KeyTable>;

export const keyTableFile = (folder: string): string => join(folder, 'keys.json');
export const keyFile = (folder: string, kid: string): string => join(folder, `${kid}.pem`);

/** Throws where the table is missing or wrong. */
export const readKeyTable = (folder: string): KeyTable =>
  KeyTable.parse(JSON.parse(readFileSync(keyTableFile(folder), 'utf8')));

/** The private key, as PEM. */
export const readKey = (folder: string, kid: string): string =>
  readFileSync(keyFile(folder, kid), 'utf8');
