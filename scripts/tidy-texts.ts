import type { SourceFile } from './rules-files.ts';

interface TextRule {
  rule: string;
  pattern: RegExp;
  /** Where it holds; everywhere, when not given. */
  on?: RegExp;
  /** Where it does not hold all the same. */
  but?: RegExp;
}

const SCRIPT = /\.(ts|js)$/;
const READS_ENVIRONMENT =
  /^(shared\/service\/src\/config\.ts|shared\/testing\/|infra\/|scripts\/|.*\/main\.ts$)/;

const RULES: TextRule[] = [
  { rule: 'name the columns', pattern: /\bselect\s+(\w+\.)?\*/i, on: SCRIPT },
  { rule: 'what is replaced is an argument', pattern: /\bjest\.\w*mock/i, on: SCRIPT },
  { rule: 'runs one test alone', pattern: /\b(test|it|describe)(\.\w+)*\.only\b/, on: SCRIPT },
  { rule: 'runs one test alone', pattern: /\b(fit|fdescribe)\(/, on: SCRIPT },
  {
    rule: 'skip by skippedTest, which says why',
    pattern: /\b(test|it|describe)(\.\w+)*\.(skip|todo)\b|\bx(it|test|describe)\(/,
    on: SCRIPT,
    but: /^shared\/testing\/src\/skipped\.ts$/,
  },
  {
    rule: 'an open end without its issue',
    pattern: /\b(TODO|FIXME|XXX)\b(?!\(#\d+\))/,
    but: /^scripts\/tidy-texts\.ts$/,
  },
  { rule: 'say it through a logger', pattern: /\bconsole\.\w/, on: SCRIPT },
  {
    rule: 'the configuration is read once',
    pattern: /\bprocess\.env\b/,
    on: SCRIPT,
    but: READS_ENVIRONMENT,
  },
  // Such a setting outlives the transaction, and the connection's next user has the tenant.
  { rule: 'set the tenant locally', pattern: /\bset\s+(session\s+)?app\./i, on: SCRIPT },
  { rule: 'set the tenant locally', pattern: /\bset_config\([^)]*,\s*false\s*\)/i, on: SCRIPT },
  { rule: "names a machine's folder", pattern: /(?<![\w.}\])])\/(work|home|Users)\/\w/ },
  {
    rule: 'names a registry',
    pattern: /\bregistry\.[a-z]|\bregistry\s*=\s*\S|\/\/[^/\s]*\bregistry\b/,
  },
];

/** In the rules of the business the time is an argument, and so is all else from outside. */
const IMPURE: TextRule[] = [
  { rule: 'rules ask no clock', pattern: /\bnew Date\b|\bDate\.now\b|\bTemporal\.Now\b/ },
  { rule: 'rules ask no clock', pattern: /\bperformance\.now\b|\bset(Timeout|Interval)\b/ },
  { rule: 'rules ask no chance', pattern: /\bMath\.random\b|\brandom(UUID|Bytes|Int)\b/ },
  { rule: 'rules ask nobody', pattern: /\bfetch\(|\bprocess\.\w/ },
];

/** Tests of the checkers hold the very faults that they plant. */
const PLANTED = /^(scripts\/(tidy|checkers)|infra\/database\/catalogue)\.test\.ts$/;

export function textFaults({ path, text }: SourceFile, isRules: boolean): string[] {
  if (PLANTED.test(path)) return [];
  const rules = [...RULES, ...(isRules ? IMPURE : [])].filter(
    ({ on, but }) => (on?.test(path) ?? true) && !but?.test(path),
  );
  return text
    .split('\n')
    .flatMap((line, index) =>
      rules
        .filter(({ pattern }) => pattern.test(line))
        .map(({ rule }) => `${path}:${index + 1}: ${rule}`),
    );
}
