import { isUtf8 } from 'node:buffer';
import { DomainError } from '@roundhouse/errors';

/** Deeper JSON breaks `JSON.stringify` and Postgres before it means anything to a person. */
const MAX_DEPTH = 32;

/** A body that is at fault as a whole, or at the field that the pointer names. */
function refused(code: string, detail: string, pointer?: string): DomainError {
  const errors = pointer === undefined ? undefined : [{ pointer, code, detail }];
  return new DomainError('malformed', code, detail, errors && { errors });
}

const tooDeep = () =>
  refused('json_too_deep', `The body is nested deeper than ${MAX_DEPTH} levels.`);

/**
 * Looks at the bytes before they are parsed, for what the parser would take in silence: text that
 * is no UTF-8 (RFC 8259 8.1), a name twice in one object, of which it keeps the last (RFC 8259 4),
 * and depth. What is no JSON at all it leaves to the parser.
 */
export function checkBytes(bytes: Buffer, charset: string): void {
  if (charset !== 'utf-8') {
    const detail = 'The body is to be JSON in UTF-8, and not compressed.';
    throw new DomainError('unsupported_media_type', 'charset_unsupported', detail);
  }
  if (!isUtf8(bytes)) throw refused('text_malformed', 'The body is not well-formed UTF-8.');
  checkNames(bytes.toString());
}

/** Where a text ends that begins at `start`; -1 where it does not. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

/** In JSON a text that a colon follows is a name. One pass, whatever the bytes are. */
function checkNames(text: string): void {
  const colon = /\s*:/y;
  const levels: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' || character === '[') {
      if (levels.length > MAX_DEPTH) throw tooDeep();
      levels.push(character === '{' ? new Set() : undefined);
    } else if (character === '}' || character === ']') levels.pop();
    else if (character === '"') {
      const end = endOfText(text, at);
      if (end === -1) return;
      colon.lastIndex = end + 1;
      if (colon.test(text)) addName(levels.at(-1), text.slice(at, end + 1));
      at = end;
    }
  }
}

function addName(names: Set<string> | undefined, written: string): void {
  const name = written.includes('\\') ? unescaped(written) : written.slice(1, -1);
  if (names?.has(name)) {
    throw refused('json_malformed', 'The body has a name twice in one object.');
  }
  names?.add(name);
}

function unescaped(written: string): string {
  try {
    return JSON.parse(written);
  } catch {
    // The parser will refuse it, too, and say so.
    return written;
  }
}

/** Refuses what JSON allows and nothing behind the edge can store: NUL, lone surrogates, depth. */
export function checkJson(value: unknown, pointer = '', depth = 0): void {
  if (typeof value === 'string') checkText(value, pointer);
  if (typeof value === 'number') checkNumber(value, pointer);
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) throw tooDeep();
  for (const key of Object.keys(value)) {
    checkText(key, pointer);
    if (key === '__proto__') {
      throw refused('json_malformed', 'The body has a forbidden key.', pointer);
    }
    const below = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    checkJson((value as Record<string, unknown>)[key], below, depth + 1);
  }
}

function checkText(value: string, pointer: string): void {
  if (value.includes('\0') || !value.isWellFormed()) {
    const detail = 'The body has a text that is not well-formed Unicode.';
    throw refused('text_malformed', detail, pointer);
  }
}

/** 1e400 parses to Infinity, which JSON cannot write again. */
function checkNumber(value: number, pointer: string): void {
  if (!Number.isFinite(value)) {
    throw refused('json_malformed', 'A number is out of range.', pointer);
  }
}
