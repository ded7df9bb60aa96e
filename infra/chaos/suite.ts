/** Runs a part of the end-to-end suites on the platform under test; its checks are a scenario's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from '../database/services.ts';
import type { Stage } from './scenario.ts';

export interface SuiteOptions {
  args?: string[];
  environment?: Record<string, string>;
}

/** `file` is one of `scripts/e2e/lib`. */
export async function runSuite(
  { platform, check }: Pick<Stage, 'platform' | 'check'>,
  file: string,
  { args = [], environment = {} }: SuiteOptions = {},
): Promise<void> {
  const child = spawn(process.execPath, [join(repository, 'scripts/e2e/lib', file), ...args], {
    env: { ...process.env, ...platform.addresses, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let failed = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, not, what] = /^(not )?ok - (.*)$/.exec(line) ?? [];
    if (what === undefined) continue;
    if (not !== undefined) failed += 1;
    check(what, not === undefined);
  }
  const [code] = await ended;
  if (code !== 0 && failed === 0) throw new Error(`${file} ended with ${code}.`);
}
