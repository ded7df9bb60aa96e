/** Bytes that mean something in a path; they stay as the client wrote them, in upper-case hex. */
const RESERVED = new Set("!*'();:@&=+$,/?%#[]");
const PLAIN = /^(?:\/(?![./])[A-Za-z0-9\-_.~!$&'()*+,;=:@]*)+$/;
const INVALID_TRIPLET = /%(?![0-9A-Fa-f]{2})|%00/;
const UNSAFE = /[^!#$&'()*+,/:;=?@[\]A-Za-z0-9\-_.~%]/g;

function decodeTriplet(triplet: string): string {
  const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
  return RESERVED.has(character) ? triplet.toUpperCase() : character;
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Dot segments resolved and slashes merged; undefined when `..` climbs above the root. */
function resolveSegments(path: string): string | undefined {
  const kept: string[] = [];
  const segments = path.split('/');
  const last = segments.at(-1);
  for (const segment of segments) {
    if (segment === '..') {
      if (kept.pop() === undefined) return undefined;
    } else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const trailing = last === '' || last === '.' || last === '..';
  return kept.length === 0 ? '/' : `/${kept.join('/')}${trailing ? '/' : ''}`;
}

/**
 * The path as the router sees it: unreserved triplets decoded, dot segments resolved, slashes
 * merged. Undefined for what nginx refuses before Kong sees it. A character stands for one byte
 * throughout.
 */
export function normalizePath(path: string): string | undefined {
  if (PLAIN.test(path)) return path;
  if (!path.startsWith('/') || INVALID_TRIPLET.test(path)) return undefined;
  return resolveSegments(path.replace(/%[0-9A-Fa-f]{2}/g, decodeTriplet));
}

/** A normalised path made fit for a request line again. */
export function escapePath(path: string): string {
  return path.replace(UNSAFE, escapeByte);
}

/** Kong drops one leading dot segment of what is left after the prefix. */
function withoutLeadingDots(rest: string): string {
  if (rest === '.' || rest === '..') return '';
  if (rest.startsWith('./')) return rest.slice(2);
  return rest.startsWith('../') ? rest.slice(3) : rest;
}

function joinRest(base: string, rest: string, path: string): string {
  const bare = base.endsWith('/') ? base.slice(0, -1) : base;
  if (rest !== '') return rest.startsWith('/') ? bare + rest : `${bare}/${rest}`;
  if (base === '/') return base;
  // A request for the prefix itself keeps its slash; that of the bare root counts only where the
  // base has one too.
  return path.endsWith('/') && (path !== '/' || base !== bare) ? `${bare}/` : bare;
}

/** What the service is asked for: Kong's `path_handling: v0`. `matched` is stripped when given. */
export function upstreamPath(base: string, path: string, matched: string | undefined): string {
  if (matched !== undefined) {
    return joinRest(base, withoutLeadingDots(path.slice(matched.length)), path);
  }
  if (base.endsWith('/')) return base + path.slice(1);
  return path === '/' ? base : base + path;
}
