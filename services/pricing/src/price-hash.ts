import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CharterPrice } from './charter-price.ts';
import * as contract from './contract.ts';

const Unsealed = contract.CharterPrice.omit({ hash: true });

/**
 * JSON in its canonical form (RFC 8785). The RFC writes strings and numbers as ECMAScript does and
 * sorts members by UTF-16 units, as `<` does here; so these lines are all of it, and no library is.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const written = members.map(
    ([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`,
  );
  return `{${written.join(',')}}`;
}

/** Seals the price as it will be on the wire, so that whoever was sent it can check the seal. */
export function sealed(price: CharterPrice): CharterPrice & { hash: string } {
  const wire = canonicalJson(z.encode(Unsealed, price));
  return { ...price, hash: createHash('sha256').update(wire).digest('hex') };
}
