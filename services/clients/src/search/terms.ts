/** The texts by which a client, or a contact of it, may be found. */
export interface Findable {
  name: string;
  email: string | null;
  phone: string | null;
  first_name?: string | null;
  last_name?: string | null;
  company_name?: string | null;
  external_id?: string | null;
  tags?: readonly string[];
}

/** From `low` on and before `high`, in the order of bytes. */
export interface TermRange {
  low: string;
  high: string;
}

/** Longer words are found by their beginning. */
const MAX_LENGTH = 64;
/** Greater than any character of a word. */
const LAST = '\u{10FFFF}';
/** Smaller than any character of a term: what follows a term directly begins with it. */
const FIRST = '\u0001';

/** Case and accents do not tell words apart: `É` is found by `e`. */
const fold = (text: string): string =>
  text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();

const wordsOf = (text: string): string[] =>
  fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.slice(0, MAX_LENGTH));

const joined = (text: string): string => wordsOf(text).join('').slice(0, MAX_LENGTH);

/** With a sign ahead, so that no word ever begins one of them. E-mails are one in any case. */
export const emailTerm = (email: string): string => `@${email.toLowerCase()}`;
/** In E.164 it has its sign. */
export const phoneTerm = (phone: string): string => phone;
/** What two spellings of one tag have in common. */
export const tagKey = (tag: string): string => fold(tag);
const tagTerm = (tag: string): string => `#${tagKey(tag)}`;

/**
 * As people type it: with and without the country's code, whose length (1 to 3 digits, ITU-T
 * E.164) need not be known for that, and the last seven or four digits.
 */
function phoneWords(phone: string): string[] {
  const digits = phone.slice(1);
  return [0, 1, 2, 3, -7, -4].map((from) => digits.slice(from));
}

/** Every term by which it is to be found, each once. */
export function clientTerms(of: Findable): string[] {
  const names = [of.name, of.first_name, of.last_name, of.company_name];
  const terms = [
    ...names.flatMap((name) => wordsOf(name ?? '')),
    ...(of.external_id ? [...wordsOf(of.external_id), joined(of.external_id)] : []),
    ...(of.email ? [emailTerm(of.email), ...wordsOf(of.email)] : []),
    ...(of.phone ? [phoneTerm(of.phone), ...phoneWords(of.phone)] : []),
    ...(of.tags ?? []).map(tagTerm),
  ];
  return [...new Set(terms)].filter((term) => term !== '');
}

const exactly = (term: string): TermRange => ({ low: term, high: term + FIRST });
const beginning = (prefix: string): TermRange => ({ low: prefix, high: prefix + LAST });

export const tagRange = (tag: string): TermRange => exactly(tagTerm(tag));
export const allTags: TermRange = beginning('#');

/** What looks like a phone between two spaces: digits, and what people put between them. */
const PHONE = /(?<=^|\s)\+?[\d(][\d\s().\-/]*(?=$|\s)/g;

/** `(212) 555-0123` is one number. Zeros ahead are dialed and not part of it. */
const joinPhones = (query: string): string =>
  query.replaceAll(PHONE, (found) => {
    const digits = found.replaceAll(/\D/g, '');
    if (digits.length < 7) return found;
    return ` ${digits.length > 7 ? digits.replace(/^0+/, '') : digits} `;
  });

/**
 * What a query asks for: a client has to have a term in each of the ranges. An e-mail is found by
 * its beginning, and so is each word.
 */
export function queryRanges(query: string): TermRange[] {
  const tokens = joinPhones(query).split(/\s+/);
  const prefixes = tokens.flatMap((token) =>
    /^[^@]+@/.test(token) ? [emailTerm(token)] : wordsOf(token),
  );
  return [...new Set(prefixes)].map(beginning);
}
