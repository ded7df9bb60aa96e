/** The part of a pattern that every match starts with, to skip most routes without their regex. */
function literalPrefix(pattern: string): string {
  let prefix = '';
  for (let at = 0; at < pattern.length; at++) {
    const escaped = pattern[at] === '\\';
    const character = pattern[escaped ? at + 1 : at] ?? '';
    if (!escaped && /[.[({$|?*+]/.test(character)) return prefix.slice(0, quantified(character));
    prefix += character;
    if (escaped) at++;
  }
  return prefix;
}

/** A quantifier that allows none takes the character before it out of the prefix. */
function quantified(character: string): number | undefined {
  return /[?*{]/.test(character) ? -1 : undefined;
}

/** What Rust's `regex` (Kong's router) and JavaScript read differently or not at all. */
const REFUSED: [RegExp, string][] = [
  [/[^\x21-\x7e]/, 'only printable ASCII is supported'],
  [/\(\?(?!:|<[A-Za-z])/, 'of the (?…) groups only (?:…) and (?<name>…) are supported'],
  [/\\[A-Za-z0-9]/, 'write a class such as [0-9] instead of a back-reference or \\d, \\w, \\b'],
  [/\[[^\]]*(?:\[|&&|--|~~)/, 'nested classes and set operations are not supported'],
  [/[*+?}]\+/, 'possessive quantifiers are not supported'],
  [/\{(?!\d+(?:,\d*)?\})/, 'a literal brace must be escaped'],
];

function withoutEscapesAndClasses(pattern: string): string {
  return pattern.replace(/\\./g, '_').replace(/\[[^\]]*\]/g, '_');
}

function hasTopLevelAlternative(bare: string): boolean {
  let depth = 0;
  for (const character of bare) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}

/** Why a regex path (without its `~`) can't be matched as Kong would, or undefined. */
export function patternProblem(pattern: string): string | undefined {
  if (!pattern.startsWith('/')) return 'a regex path must start with ~/';
  const refused = REFUSED.find(([construct]) => construct.test(pattern));
  if (refused !== undefined) return refused[1];
  const bare = withoutEscapesAndClasses(pattern);
  if (bare.includes('.')) return 'an unescaped . matches other characters in Kong: write [^/]';
  if (bare.includes('^')) return 'Kong anchors the start itself: ^ is not supported';
  if (hasTopLevelAlternative(bare)) return 'a top-level | is anchored on its left side only';
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

/** A checked pattern, anchored as Kong anchors it, with the text that every match starts with. */
export function compilePattern(pattern: string): { expression: RegExp; prefix: string } {
  return { expression: new RegExp(`^${pattern}`, 'u'), prefix: literalPrefix(pattern) };
}
