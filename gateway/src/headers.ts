/**
 * Headers as Node's `rawHeaders` has them: name, value, name, value. Kept flat on the whole way,
 * since lines must keep their order, case and repetitions, and an object a request would be built
 * for nothing.
 */
export type Headers = string[];

/** Where the line with this name stands, or -1. `name` is in lower case. */
function indexOf(headers: readonly string[], name: string): number {
  for (let at = 0; at < headers.length; at += 2) {
    const candidate = headers[at] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return at;
  }
  return -1;
}

/** The value of the first line with this name (in lower case). */
export function firstValue(headers: readonly string[], name: string): string | undefined {
  const at = indexOf(headers, name);
  return at < 0 ? undefined : headers[at + 1];
}

/** The lines as they stand on the wire. */
export function headerLines(headers: readonly string[]): string {
  let text = '';
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return text;
}

/** Removes every line with this name. */
export function removeHeader(headers: Headers, name: string): void {
  const lower = name.toLowerCase();
  for (let at = indexOf(headers, lower); at >= 0; at = indexOf(headers, lower)) {
    headers.splice(at, 2);
  }
}

/** Leaves one line with this name and this value. */
export function setHeader(headers: Headers, name: string, value: string): void {
  removeHeader(headers, name);
  headers.push(name, value);
}
