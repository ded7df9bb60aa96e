import { test } from '@jest/globals';

/** The one way to skip: it prints why, and the run counts it. */
export function skippedTest(name: string, why: string): void {
  process.stdout.write(`skipped: ${name}: ${why}\n`);
  test.skip(`${name} (${why})`, () => undefined);
}
