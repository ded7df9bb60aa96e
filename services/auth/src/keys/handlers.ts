import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { jwkOf, type SigningKey } from './signing-key.ts';

export interface KeyDependencies {
  key: SigningKey;
}

export const keyHandlers = ({
  key,
}: KeyDependencies): Pick<Handlers<typeof contract>, 'getKeys'> => ({
  getKeys: async () => ({ keys: [jwkOf(key)] }),
});
