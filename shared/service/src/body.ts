import { malformed } from '@roundhouse/errors';

/** Deeper JSON breaks `JSON.stringify` and Postgres before it means anything to a person. */
const MAX_DEPTH = 32;

/** Refuses what JSON allows and nothing behind the edge can store: NUL, lone surrogates, depth. */
export function checkJson(value: unknown, depth = 0): void {
  if (typeof value === 'string') checkText(value);
  if (typeof value === 'number') checkNumber(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) {
    throw malformed('json_too_deep', `The body is nested deeper than ${MAX_DEPTH} levels.`);
  }
  for (const key of Object.keys(value)) {
    checkText(key);
    if (key === '__proto__') throw malformed('json_malformed', 'The body has a forbidden key.');
    checkJson((value as Record<string, unknown>)[key], depth + 1);
  }
}

function checkText(value: string): void {
  if (value.includes('\0') || !value.isWellFormed()) {
    throw malformed('text_malformed', 'The body has a text that is not well-formed Unicode.');
  }
}

/** 1e400 parses to Infinity, which JSON cannot write again. */
function checkNumber(value: number): void {
  if (!Number.isFinite(value)) throw malformed('json_malformed', 'A number is out of range.');
}
