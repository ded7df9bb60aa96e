/**
 * Changes a text of a source file as it is loaded, for one process: faults are built in from
 * outside, and no service carries a switch for them.
 */
import { registerHooks } from 'node:module';

export interface Change {
  /** The end of the file's path. */
  file: string;
  from: string;
  to: string;
}

/** @throws when the file is loaded and the text is not in it: what was to be shown was not. */
export function changeSource({ file, from, to }: Change): void {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const [path = ''] = url.split('?');
      if (!path.endsWith(file)) return loaded;
      const text = loaded.source?.toString() ?? '';
      if (!text.includes(from)) throw new Error(`${file} does not say: ${from}`);
      return { ...loaded, source: text.replace(from, () => to) };
    },
  });
}
