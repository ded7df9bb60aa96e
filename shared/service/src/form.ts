import { isUtf8 } from 'node:buffer';
import { DomainError, malformed } from '@roundhouse/errors';

/** Looks at the bytes of a body that is no JSON before they are parsed: forms and tables. */
export function checkTextBytes(bytes: Buffer, charset: string): void {
  if (charset === 'utf-8' && isUtf8(bytes)) return;
  const detail = 'The body is to be UTF-8, and not compressed.';
  throw new DomainError('unsupported_media_type', 'charset_unsupported', detail);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed('form_malformed', 'The body is not well-formed: a % escapes two digits.');
  }
}

/**
 * The parameters of a form, each of which may be sent once; one without a value counts as not sent
 * (RFC 6749 3.2).
 */
export function parseForm(text: string): Record<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of text.split('&').filter((part) => part !== '')) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const key = decode(name);
    if (parameters.has(key)) {
      throw malformed('form_malformed', 'The body has a parameter more than once.');
    }
    parameters.set(key, decode(value));
  }
  return Object.fromEntries([...parameters].filter(([, value]) => value !== ''));
}
