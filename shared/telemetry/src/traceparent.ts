/** Version, trace and parent; all zeros are nobody. A later version may go on after a dash. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** Long enough for version 00 and what a later one may add. */
const LONGEST = 256;

/** Whether the text is a `traceparent` (W3C Trace Context 3.2); it may come from anybody. */
export function isTraceparent(text: string): boolean {
  if (text.length > LONGEST) return false;
  const [, version, more] = TRACEPARENT.exec(text) ?? [];
  return version !== undefined && (version !== '00' || more === undefined);
}
