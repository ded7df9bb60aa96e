import { readKey, readKeyTable } from '@roundhouse/service/key-folder';
import { type SigningKey, signingKey } from './signing-key.ts';

/** The keys of access tokens, as they are at the moment of asking: they change under way. */
export interface KeyRing {
  /** The one that tokens are signed with. */
  signing(): SigningKey;
  /** All that a good token may be signed with: the next one, the present one, those before. */
  all(): SigningKey[];
}

export interface KeyFolderRing extends KeyRing {
  /** Looks every second whether the folder has changed. */
  watch(onError: (error: unknown) => void): { stop(): Promise<void> };
}

interface Loaded {
  signing: SigningKey;
  all: SigningKey[];
  /** What the table said, to see whether it says something else. */
  text: string;
}

/** As late as this an instance of auth goes on with the key before: both are known everywhere. */
const LOOK_MS = 1_000;

function load(folder: string, known: Loaded | undefined): Loaded {
  const { keys } = readKeyTable(folder);
  const text = JSON.stringify(keys);
  if (text === known?.text) return known;
  const all = keys.map(({ kid, phase }) => {
    const key = known?.all.find((one) => one.kid === kid) ?? signingKey(readKey(folder, kid));
    if (key.kid !== kid) throw new Error(`The file of the key ${kid} holds another one.`);
    return { key, phase };
  });
  const signing = all.find(({ phase }) => phase === 'signing');
  if (signing === undefined) throw new Error('No key signs.');
  return { signing: signing.key, all: all.map(({ key }) => key), text };
}

/**
 * The keys of a folder that several instances of auth share. A folder that cannot be read throws at
 * the start; later it changes nothing, and is told once.
 */
export function openKeyFolder(folder: string): KeyFolderRing {
  let loaded = load(folder, undefined);
  const watch: KeyFolderRing['watch'] = (onError) => {
    let told = '';
    const timer = setInterval(() => {
      try {
        loaded = load(folder, loaded);
        told = '';
      } catch (error) {
        const { message } = error as Error;
        if (message !== told) onError(error);
        told = message;
      }
    }, LOOK_MS);
    return { stop: async () => clearInterval(timer) };
  };
  return { signing: () => loaded.signing, all: () => loaded.all, watch };
}
