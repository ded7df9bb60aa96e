import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { skippedTest } from '@roundhouse/testing';
import { parse } from 'yaml';
import { repository } from '../database/services.ts';
import { differences, documented, served } from './catalogue.ts';
import { toGrafana } from './dashboard.ts';
import { dashboards } from './dashboards.ts';
import { hasPrometheus } from './prometheus.ts';
import { panelQueries, rules, selectorsOf } from './queries.ts';

const folder = import.meta.dirname;
const files = (kind: string) => globSync(join(folder, kind, '*.yml'));
const alerts = rules().filter(({ alert }) => alert !== undefined);

interface Expectation {
  expr: string;
  exp_samples: unknown[];
}
interface RuleTest {
  tests: { promql_expr_test: Expectation[] }[];
}
const expectations = files('rule-tests').flatMap((file) =>
  (parse(readFileSync(file, 'utf8')) as RuleTest).tests.flatMap((one) => one.promql_expr_test),
);

const about = (alert = '') => expectations.filter(({ expr }) => expr.includes(`"${alert}"`));

/** As GitHub makes an anchor of a title. */
function anchorsOf(file: string): string[] {
  const titles = readFileSync(join(repository, file), 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...titles].map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-'));
}

describe('the alerts', () => {
  test.each(alerts.map((rule) => ({ name: rule.alert, ...rule })))(
    '$name says what is wrong, how bad it is and what to do',
    ({ labels, annotations }) => {
      expect(['page', 'ticket']).toContain(labels?.severity);
      const { summary = '', description = '', runbook = '' } = annotations ?? {};
      expect(summary).not.toBe('');
      expect(description).not.toBe('');
      const [file = '', anchor = ''] = runbook.split('#');
      expect(anchorsOf(file)).toContain(anchor);
    },
  );

  test.each(alerts)('$alert is shown to fire', ({ alert }) => {
    expect(about(alert).filter(({ exp_samples }) => exp_samples.length > 0)).not.toEqual([]);
  });

  test.each(alerts)('$alert is shown not to fire', ({ alert }) => {
    // Summed by a label it fires for one of several; otherwise there is a test of its own.
    const isQuiet = ({ expr, exp_samples }: Expectation) =>
      expr.startsWith('sum by') || exp_samples.length === 0;
    expect(about(alert).filter(isQuiet)).not.toEqual([]);
  });

  test('the book of alerts knows no others', () => {
    const known = alerts.map(({ alert = '' }) => alert.toLowerCase());
    const text = readFileSync(join(repository, 'docs/alerts.md'), 'utf8');
    const told = [...text.matchAll(/^### (.+)$/gm)].map(([, name = '']) => name.toLowerCase());
    expect(told.sort()).toEqual(known.sort());
  });

  if (hasPrometheus()) {
    test('pass what promtool asks of them', () => {
      const { status, stdout, stderr } = spawnSync('promtool', [
        ...['check', 'rules', '--lint-fatal'],
        ...files('rules'),
      ]);
      expect(`${status} ${stdout}${stderr}`).toMatch(/^0 /);
    });

    test('fire when they should, and not when they should not', () => {
      const { status, stdout, stderr } = spawnSync(
        'promtool',
        ['test', 'rules', ...files('rule-tests')],
        { cwd: join(folder, 'rule-tests') },
      );
      expect(`${status} ${stdout}${stderr}`).toMatch(/^0 /);
    });
  } else {
    skippedTest('the alerts pass promtool', 'there is no promtool here');
  }
});

describe('a question to Prometheus', () => {
  test('names its series apart from functions, labels and durations', () => {
    const expr = `sum by (service, le) (rate(a_total{code=~"5.."}[5m])) / on (service) b > 400e6
      or histogram_quantile(0.9, slo:x:rate1h) and c`;
    expect(selectorsOf(expr)).toEqual(['a_total{code=~"5.."}', 'b', 'slo:x:rate1h', 'c']);
  });

  test('has no variable left that nobody fills in', () => {
    const open = panelQueries().filter(({ query }) => query.includes('$'));
    expect(open).toEqual([]);
  });
});

describe('the dashboards', () => {
  test.each(dashboards)('$title lies on a grid, each panel in a place of its own', (dashboard) => {
    const { panels } = toGrafana(dashboard) as {
      panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  test('have addresses of their own', () => {
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  });
});

describe('the table of metrics', () => {
  const [row] = [{ name: 'a_total', type: 'counter', labels: ['code'], services: ['auth'] }];
  const text = (name: string, label: string) =>
    `# HELP ${name} …\n# TYPE ${name} counter\n${name}{${label}="1",service="auth"} 0\n`;

  test('has every row whole', () => {
    const lines = readFileSync(join(repository, 'docs/observability.md'), 'utf8').split('\n');
    const rows = lines.filter((line) => /^\| `(http|db|roundhouse)_/.test(line));
    expect(documented().length).toBe(rows.length);
  });

  test('misses nothing, promises nothing, and knows the labels', () => {
    const compare = (page: string) => differences([row], new Map([['auth', served(page)]]));
    expect(compare(text('a_total', 'code'))).toEqual([]);
    expect(compare(text('a_total', 'tenant'))).toHaveLength(1);
    expect(compare(text('b_total', 'code'))).toHaveLength(2);
  });
});
