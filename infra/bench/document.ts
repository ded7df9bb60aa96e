/** Puts what was measured into the document, between the marks that it has for it. */
import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- begin: written by scripts/bench -->';
const END = '<!-- end -->';

/** The document with the text in place of what stood between the marks. */
export function withText(document: string, text: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('The document has no place for the figures.');
  return `${document.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${document.slice(end)}`;
}

export function writeInto(file: string, text: string): void {
  writeFileSync(file, withText(readFileSync(file, 'utf8'), text));
}
