/** What a run has found: as JSON to be compared with, and as text for the document. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { regressions, TOLERANCE } from './compare.ts';
import type { Environment } from './environment.ts';
import { type Finding, isMet, ratioOf, type Skipped } from './finding.ts';
import { type Plot, plotOf } from './plots.ts';
import { QUIET_CORES } from './quiet.ts';
import { tableOf } from './table.ts';

export interface Report {
  /** When it began, RFC 3339. */
  at: string;
  took_seconds: number;
  quick: boolean;
  rows: string[];
  environment: Environment;
  /** Cores that others used in the noisiest of the runs that count. */
  foreign_cores: number;
  findings: Finding[];
  skipped: Skipped[];
  plots: Plot[];
  diagnostics: { what: string; figures: Record<string, number> }[];
}

export function writeJson(file: string, report: Report): void {
  const judged = report.findings.map((finding) => ({
    ...finding,
    ...{ ratio: ratioOf(finding), met: isMet(finding) },
  }));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...report, findings: judged }, null, 2)}\n`);
}

/** @throws where it is not what this script has written. */
export function readFindings(file: string): Finding[] {
  const { findings } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Report>;
  if (!Array.isArray(findings)) throw new Error(`${file} holds no findings of scripts/bench.`);
  return findings;
}

const figures = (of: Record<string, number>) =>
  Object.entries(of)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** How many goals are met, and which are not. */
export function summaryOf(findings: readonly Finding[]): string {
  const asked = findings.filter(({ goal }) => goal !== undefined);
  const missed = asked.filter((finding) => !isMet(finding));
  const count = `${asked.length - missed.length} of ${asked.length} goals are met`;
  if (missed.length === 0) return `${count}.`;
  return `${count}; missed: ${missed.map(({ what }) => what).join('; ')}.`;
}

export function textOf(report: Report): string {
  const { at, took_seconds, quick, foreign_cores, environment } = report;
  const where = Object.entries(environment).map(([name, value]) => `${name} ${value}`);
  const quiet = foreign_cores < QUIET_CORES ? 'a quiet machine' : 'a machine that was not quiet';
  const minutes = Math.round(took_seconds / 60);
  const drawn = report.plots.flatMap((plot) => plotOf(plot) ?? []);
  const kind = quick ? ' (quick: no figures to keep)' : '';
  const others = `others used at most ${foreign_cores.toFixed(2)} cores in the runs that count`;
  return [
    `Printed on ${at.slice(0, 10)} in ${minutes} minutes${kind} on ${quiet}: ${others}.`,
    `${where.join('; ')}.`,
    summaryOf(report.findings),
    tableOf(report.findings, report.skipped),
    ...drawn,
    'What they cost, without a goal:',
    report.diagnostics.map(({ what, figures: of }) => `- ${what}: ${figures(of)}`).join('\n'),
  ].join('\n\n');
}

/** Says what got worse; answers how many did. */
export function compareWith(file: string, report: Report, say: (line: string) => void): number {
  const worse = regressions(readFindings(file), report.findings);
  const limit = `${TOLERANCE * 100} %`;
  if (worse.length === 0) say(`No ratio is more than ${limit} worse than in ${file}.`);
  for (const { id, before, after, worse_by } of worse) {
    const change = `${before.toFixed(2)} became ${after.toFixed(2)}`;
    say(`${id}: ${change}, ${(worse_by * 100).toFixed(0)} % worse`);
  }
  return worse.length;
}
