import { z } from 'zod';

/** Where another service stands: one address, or several with commas between them. */
export const addresses = z
  .string()
  .refine((text) => listOf(text).every((address) => URL.canParse(address)), {
    error: 'is not a URL, or several with commas between them',
  });

export const listOf = (text: string): string[] => text.split(',');

/** What went wrong before anything was sent: then another address may be asked, whatever it is. */
const UNREACHED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function isUnreached(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  return UNREACHED.has(String(code));
}

export type Ask = (path: string, init: RequestInit) => Promise<Response>;

/**
 * Asks the addresses in turn, so that they share the work; one that nobody is found at is passed
 * over. A request that may have arrived is not sent again: whoever asks knows whether it may be.
 */
export function askOneOf(text: string): Ask {
  const list = listOf(text);
  let next = 0;
  return async (path, init) => {
    const first = next;
    next = (next + 1) % list.length;
    for (let tried = 1; ; tried += 1) {
      const base = list[(first + tried - 1) % list.length];
      try {
        return await fetch(new URL(path, base), init);
      } catch (error) {
        if (tried === list.length || !isUnreached(error)) throw error;
      }
    }
  };
}
