/** Names of fields whose values never reach a log, whatever object they stand in. */
const SECRET = /password|secret|token|authorization|cookie|payment_method|passphrase|private_key/i;
const REDACTED = '[redacted]';

/** Characters of a text, items of a list, members of an object, and how deep: a line has an end. */
const LONGEST = 1_000;
const ITEMS = 30;
const DEEPEST = 3;
const FRAMES = 12;

const cut = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length})` : text;

/** Postgres' class 22, data that is none, and parsers: they repeat what was sent, in quotes. */
const QUOTES_INPUT = /^22/;

/** The text of an error without the values that it may repeat. */
function textOf({ message, name }: Error, code: unknown): string {
  const repeats = name === 'SyntaxError' || QUOTES_INPUT.test(typeof code === 'string' ? code : '');
  return cut(repeats ? message.replace(/["'`].*["'`]/s, '"…"') : message);
}

/** What Zod found, by place: its own message is all of it as JSON, with keys as they were sent. */
function issuesOf(error: Error): { code: unknown; path: string }[] | undefined {
  const { issues } = error as { issues?: { code?: unknown; path?: unknown[] }[] };
  if (!Array.isArray(issues)) return undefined;
  return issues
    .slice(0, ITEMS)
    .map(({ code, path }) => ({ code, path: cut(`/${(path ?? []).join('/')}`) }));
}

/**
 * Of an error its text and place, and not its other fields: Postgres puts whole rows into them.
 * The stack begins with the text, so of it the places alone.
 */
function errorOf(error: Error): object {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  const issues = issuesOf(error);
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  // Of "fetch failed" the cause is what one wants to know.
  const { cause } = error;
  const because = Error.isError(cause)
    ? { because: textOf(cause, (cause as { code?: unknown }).code) }
    : {};
  return {
    name: error.name,
    ...(issues === undefined ? { message: textOf(error, code) } : { issues }),
    ...{ code, constraint, ...because },
    stack: frames
      .slice(0, FRAMES)
      .map((line) => line.trim())
      .join('\n'),
  };
}

/** A value as a log may have it: without secrets and of bounded length. */
function loggable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'bigint' ? String(value) : value;
  }
  if (Error.isError(value)) return errorOf(value);
  if (depth >= DEEPEST) return '…';
  if (Array.isArray(value)) return value.slice(0, ITEMS).map((one) => loggable(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ITEMS)
      .map(([key, one]) => [cut(key), loggableField(key, one, depth + 1)]),
  );
}

export const loggableField = (key: string, value: unknown, depth = 0): unknown =>
  SECRET.test(key) ? REDACTED : loggable(value, depth);

/**
 * What looks like a secret wherever it stands: the last net, for texts that others have made. A
 * user and password in an address, a bearer's or a basic one's credentials, a JWT, keys of Stripe,
 * a private key.
 */
const LOOKS_SECRET = new RegExp(
  [
    String.raw`(?<=:\/\/)[^\s/@"\\]*:[^\s/@"\\]*(?=@)`,
    String.raw`\b(?<=bearer |basic )[\w.~+/=-]{8,}`,
    String.raw`\beyJ[\w-]{8,}\.[\w-]*(\.[\w-]*)?`,
    String.raw`\b(?:sk|rk|pk)_(?:test|live)_\w+`,
    String.raw`\bwhsec_\w+`,
    String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----[\w\s\\+/=-]*`,
  ].join('|'),
  'gi',
);

export const withoutSecrets = (line: string): string => line.replace(LOOKS_SECRET, REDACTED);
