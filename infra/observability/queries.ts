import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { dashboards } from './dashboards.ts';
import { RULES } from './scrape.ts';

/** One question of a dashboard, as it goes to Prometheus once its variables are filled in. */
export interface Asked {
  /** Where it stands. */
  where: string;
  query: string;
  empty_when: string | undefined;
}

/** What Grafana would put in, for somebody who looks at all services. */
const VARIABLES: Record<string, string> = {
  $service: '.*',
  $__rate_interval: '5m',
  $__range: '5m',
};

const filledIn = (query: string): string =>
  query.replace(/\$\w+/g, (name) => {
    const value = VARIABLES[name];
    if (value === undefined) throw new Error(`${name} is no variable of ours.`);
    return value;
  });

export const panelQueries = (): Asked[] =>
  dashboards.flatMap(({ title, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap((panel) =>
        panel.queries.map(({ query, legend }) => ({
          where: `${title}, ${panel.title}, ${legend}`,
          query: filledIn(query),
          empty_when: panel.empty_when,
        })),
      ),
    ),
  );

export interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface RuleFile {
  groups: { name: string; rules: Rule[] }[];
}

export function rules(): Rule[] {
  const files = globSync('*.yml', { cwd: RULES }).sort();
  return files.flatMap((file) => {
    const { groups } = parse(readFileSync(join(RULES, file), 'utf8')) as RuleFile;
    return groups.flatMap((group) => group.rules);
  });
}

/** Words of PromQL that stand where a metric could. */
const WORDS = /^(and|or|unless|by|without|on|ignoring|bool|offset|group_left|group_right)$/;
const NAMES_OF_LABELS = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;
const SELECTOR = /([a-zA-Z_:][\w:]*)(\{[^}]*\})?(?!\s*\(|[\w:])/g;

/**
 * The series that an expression asks for, each as its name and matchers. Durations, functions and
 * lists of labels are none.
 */
export function selectorsOf(expr: string): string[] {
  const bare = expr
    .replaceAll(NAMES_OF_LABELS, '')
    .replaceAll(/\[\d+[smhdwy]\]/g, ' ')
    .replaceAll(/\d+e\d+/g, '0');
  const found = [...bare.matchAll(SELECTOR)].map(([, name = '', matchers = '']) => name + matchers);
  return [...new Set(found.filter((one) => !WORDS.test(one)))];
}
