import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import type { KeyRing } from './key-ring.ts';
import { jwkOf } from './signing-key.ts';

export interface KeyDependencies {
  keys: KeyRing;
}

export const keyHandlers = ({
  keys,
}: KeyDependencies): Pick<Handlers<typeof contract>, 'getKeys'> => ({
  getKeys: async () => ({ keys: keys.all().map(jwkOf) }),
});
