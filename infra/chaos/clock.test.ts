import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';

const folder = mkdtempSync(join(tmpdir(), 'clock-'));
const file = join(folder, 'offset');
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Every way to ask for the time, seen from a process whose clock goes wrong while it runs. */
const ASKS = `
  import { writeFileSync } from 'node:fs';
  const ask = () => [
    Date.now(),
    new Date().getTime(),
    Date.parse(Date()) + 500,
    new Date().constructor.now(),
    Temporal.Now.instant().epochMilliseconds,
    Temporal.Now.zonedDateTimeISO('UTC').epochMilliseconds,
    Temporal.Now.plainDateTimeISO('UTC').toZonedDateTime('UTC').epochMilliseconds,
    performance.timeOrigin + performance.now(),
  ];
  const before = ask();
  writeFileSync(${JSON.stringify(file)}, '300000');
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const took = performance.now() - began;
  const date = new Date(2026, 10, 21);
  const same = date instanceof Date && new Date(0).getTime() === 0 && date.getFullYear() === 2026;
  process.stdout.write(JSON.stringify({ before, after: ask(), took, same }));
`;

test('one process lives five minutes early and then late, and its timers do not notice', () => {
  writeFileSync(file, '-300000');
  const preload = pathToFileURL(join(import.meta.dirname, 'clock.ts'));
  preload.searchParams.set('offset', file);
  const args = ['--import', preload.href, '--input-type=module', '-e', ASKS];
  const asked_at = Date.now();
  const said = JSON.parse(execFileSync(process.execPath, args).toString());
  const until = Date.now();
  const within = (moved_ms: number) => (time: number) =>
    time >= asked_at + moved_ms - 1_000 && time <= until + moved_ms + 1_000;
  expect(said.before).toHaveLength(8);
  expect(said.before.filter(within(-300_000))).toEqual(said.before);
  expect(said.after.filter(within(300_000))).toEqual(said.after);
  expect(said.took).toBeLessThan(60_000);
  expect(said.same).toBe(true);
});
