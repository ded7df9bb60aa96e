import { expect, test } from '@jest/globals';
import { jestTally, lastLine, suiteTally, sum } from './test-tally.ts';

test('a suite is what its lines say', () => {
  const output =
    'noise\nok - one\nnot ok - two\n# why: ok - not a line\nskip - three # no Docker\n';
  expect(suiteTally(output, 1)).toEqual({ passed: 1, failed: 1, skipped: ['three (no Docker)'] });
  expect(suiteTally('ok - one\n', 0)).toEqual({ passed: 1, failed: 0, skipped: [] });
});

test('a suite that breaks off after its last good line has failed', () => {
  expect(suiteTally('ok - one\n', 2)).toMatchObject({ passed: 1, failed: 1 });
  expect(suiteTally('ok - one\n', null)).toMatchObject({ failed: 1 });
});

test('a suite that checks nothing has failed', () => {
  expect(suiteTally('hello\n', 0)).toMatchObject({ passed: 0, failed: 1 });
});

test('a test file that does not run has failed, and a skipped test keeps its reason', () => {
  const report = {
    numPassedTests: 3,
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 1,
    testResults: [
      { assertionResults: [{ status: 'pending', fullName: 'the broker is gone (no Docker)' }] },
      { assertionResults: [{ status: 'passed', fullName: 'all is well' }] },
    ],
  };
  expect(jestTally(report)).toEqual({
    passed: 3,
    failed: 2,
    skipped: ['the broker is gone (no Docker)'],
  });
});

test('the last line adds everything up', () => {
  const total = sum([
    { passed: 1, failed: 0, skipped: [] },
    { passed: 2, failed: 3, skipped: ['x (y)'] },
  ]);
  expect(lastLine(total)).toBe('3 passed, 3 failed, 1 skipped');
});
