import type { SigningKey } from './signing-key.ts';

/** The keys of access tokens, as they are at the moment of asking: they change under way. */
export interface KeyRing {
  /** The one that tokens are signed with. */
  signing(): SigningKey;
  /** All that a good token may be signed with: the next one, the present one, those before. */
  all(): SigningKey[];
}
