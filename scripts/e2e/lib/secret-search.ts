import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What no log may have: by a name that may be told. */
export type Canaries = Map<string, string>;

export interface Text {
  name: string;
  text: string;
}

/** Shorter ones stand in logs by chance, unless as a word of their own. */
const LONG = 8;

/** Base64 has three faces of a text, by where in a group of three bytes it begins. */
function base64Of(canary: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(canary)]);
    // The groups that hold something else besides are not known.
    const first = Math.ceil(offset / 3) * 4;
    const whole = Math.floor(bytes.length / 3) * 4;
    const text = bytes.toString('base64').slice(first, whole);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

const percent = (canary: string, letters: RegExp): string =>
  canary.replace(letters, (letter) =>
    [...Buffer.from(letter)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
const unicode = (canary: string): string =>
  [...canary].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** The canary as it stands, and as writers of URLs, JSON, HTML, dumps and headers put it. */
export function formsOf(canary: string): string[] {
  const json = JSON.stringify(canary).slice(1, -1);
  const forms = [
    canary,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(canary),
    new URLSearchParams({ c: canary }).toString().slice(2),
    percent(canary, /[^\w]/g),
    percent(canary, /./gs),
    unicode(canary),
    Buffer.from(canary).toString('hex'),
    canary.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;'),
    ...base64Of(canary),
  ];
  return [...new Set(forms)].filter((form) => form.length >= Math.min(LONG, canary.length));
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Where a canary stands, each as `name of the text:line: name of the canary`. */
export function search(texts: readonly Text[], canaries: Canaries): string[] {
  const patterns = [...canaries].map(([name, canary]) => {
    const any = formsOf(canary).map(escaped).join('|');
    const isShort = canary.length < LONG;
    return { name, pattern: new RegExp(isShort ? `(?<![\\w.-])(?:${any})(?![\\w-])` : any, 'i') };
  });
  return texts.flatMap(({ name: file, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        patterns
          .filter(({ pattern }) => pattern.test(line))
          .map(({ name }) => `${file}:${index + 1}: ${name}`),
      ),
  );
}

/** Every file of the folder, the older parts of a log as well. */
export const textsIn = (folder: string): Text[] =>
  readdirSync(folder).map((name) => textOf(join(folder, name)));

export const textOf = (file: string): Text => ({
  name: basename(file),
  text: readFileSync(file, 'utf8'),
});
