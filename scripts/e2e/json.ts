/** `… | node json.ts '.data[0].id'`: prints a field of the JSON on standard input. */
import { text } from 'node:stream/consumers';

const STEP = /\.([\w-]+)|\[(-?\d+)\]/g;

const [path = ''] = process.argv.slice(2);
let value: unknown = JSON.parse(await text(process.stdin));
for (const [, key, index] of path.matchAll(STEP)) {
  if (Array.isArray(value) && index !== undefined) value = value.at(Number(index));
  else value = (value as Record<string, unknown> | null | undefined)?.[key ?? ''];
}
// A shell knows no types: what is not there is empty, and a text has no quotes.
if (value !== undefined) {
  process.stdout.write(typeof value === 'string' ? value : JSON.stringify(value));
}
