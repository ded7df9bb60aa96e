/** What came of a run, whoever ran it. */
export interface Tally {
  passed: number;
  failed: number;
  /** What was skipped, each with its reason. */
  skipped: string[];
}

export const nothing = (): Tally => ({ passed: 0, failed: 0, skipped: [] });

export const sum = (tallies: Tally[]): Tally => ({
  passed: tallies.reduce((total, { passed }) => total + passed, 0),
  failed: tallies.reduce((total, { failed }) => total + failed, 0),
  skipped: tallies.flatMap(({ skipped }) => skipped),
});

export const countOf = ({ passed, failed, skipped }: Tally): number =>
  passed + failed + skipped.length;

export const lastLine = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed, ${skipped.length} skipped`;

/** Jest's own report, as far as it is read here. */
export interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  /** Files that did not come as far as their tests. */
  numRuntimeErrorTestSuites: number;
  testResults: { assertionResults: { status: string; fullName: string }[] }[];
}

/** `skippedTest` writes its reason into the name. A name that a filter left out is not there. */
export function jestTally(report: JestReport): Tally {
  const skipped = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'pending' || status === 'todo')
    .map(({ fullName }) => fullName);
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed, skipped };
}

const LINE = /^(ok|not ok|skip) - (.+)$/gm;

/** Lines of an end-to-end suite: `ok - …`, `not ok - …`, `skip - … # reason`. */
export function suiteTally(output: string, status: number | null): Tally {
  const tally = nothing();
  for (const [, outcome, what = ''] of output.matchAll(LINE)) {
    if (outcome === 'ok') tally.passed += 1;
    else if (outcome === 'skip') tally.skipped.push(what.replace(/\s*#\s*(.+)$/, ' ($1)'));
    else tally.failed += 1;
  }
  // A suite that broke off, or that checked nothing, is no suite that passed.
  if (tally.failed === 0 && (status !== 0 || countOf(tally) === 0)) tally.failed = 1;
  return tally;
}
