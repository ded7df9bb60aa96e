/** What the gateway reads of a token. Claims are JSON of any kind until checked. */
export type Token = {
  header: Record<string, unknown>;
  claims: unknown;
  signed: string;
  signature: Buffer;
};

/** Kong's decoder knows these; a known one that the key does not have is refused later. */
const ALGORITHMS = /^(?:HS|RS|ES|PS)(?:256|384|512)$|^EdDSA$/;
const BASE64URL = /^[A-Za-z0-9\-_+/]*={0,2}$/;

function decodePart(part: string | undefined): Buffer | undefined {
  // Node skips characters that are no base64: one token would have many spellings.
  if (part === undefined || !BASE64URL.test(part)) return undefined;
  return Buffer.from(part, 'base64url');
}

function decodeJson(part: string | undefined): unknown {
  const bytes = decodePart(part);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** The parts of a compact token, or what Kong says of a broken one. */
export function decodeToken(text: string): Token | string {
  const [first, second, ...rest] = text.split('.');
  const header = decodeJson(first);
  const claims = decodeJson(second);
  if (header === undefined || claims === undefined) return 'invalid JSON';
  // Over these Kong breaks (a Lua error) and answers 500; an array goes on to its claims.
  if (header === null || typeof header !== 'object') return 'invalid alg';
  if (claims === null || ['number', 'boolean'].includes(typeof claims)) return 'invalid claims';
  const { alg: algorithm, crit } = header as Record<string, unknown>;
  if (typeof algorithm !== 'string' || !ALGORITHMS.test(algorithm)) return 'invalid alg';
  // It names what the reader must understand (RFC 7515, 4.1.11), and we understand none of it.
  if (crit !== undefined) return 'invalid crit';
  const signature = rest.length === 0 ? undefined : decodePart(rest.join('.'));
  if (signature === undefined) return 'invalid signature';
  return {
    header: header as Record<string, unknown>,
    claims,
    signed: `${first}.${second}`,
    signature,
  };
}

/**
 * The key's id, of the payload before the header; undefined when neither names one, and empty when
 * it is no text.
 */
export function keyId({ header, claims }: Token): string | undefined {
  const inClaims = (claims as Record<string, unknown>).kid;
  const found = inClaims === undefined || inClaims === false ? header.kid : inClaims;
  if (found === undefined || found === false) return undefined;
  return typeof found === 'string' ? found : '';
}

function numberClaim(claims: unknown, name: 'exp' | 'nbf'): number | undefined {
  const value = (claims as Record<string, unknown>)[name];
  // JSON has no infinity, but its readers make one of 1e400, and such a token would never end.
  return Number.isFinite(value) ? (value as number) : undefined;
}

/** The failing claims with Kong's words; `now` in seconds, no leeway. */
export function claimProblems(
  claims: unknown,
  names: readonly ('exp' | 'nbf')[],
  now: number,
): Record<string, string> | undefined {
  const problems: Record<string, string> = {};
  for (const name of names) {
    const value = numberClaim(claims, name);
    if (value === undefined) problems[name] = 'must be a number';
    else if (name === 'exp' && value <= now) problems.exp = 'token expired';
    else if (name === 'nbf' && value > now) problems.nbf = 'token not valid yet';
  }
  return Object.keys(problems).length === 0 ? undefined : problems;
}
