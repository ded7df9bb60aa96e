import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createLogger } from '../src/log.ts';
import { logStream } from '../src/log-file.ts';

/** The line as it would be printed. */
function lineOf(fields: object): Record<string, unknown> {
  const info = { level: 'info', message: 'request', ...fields };
  const formatted = createLogger('clients').format.transform(info);
  if (typeof formatted === 'boolean') throw new Error('The line was left out.');
  return JSON.parse(String(formatted[Symbol.for('message')]));
}

test('a line says its time once', () => {
  const line = lineOf({ event: 'listening' });
  expect(Object.keys(line).toSorted()).toEqual(['event', 'level', 'message', 'time']);
  expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('a line has no secret, and of an error not the row that Postgres puts into it', () => {
  const cause = Object.assign(new Error('violates'), { detail: 'Key (email)=(ada@example.com)' });
  const line = lineOf({ access_token: 'abc', cause });
  expect(line.access_token).toBe('[redacted]');
  expect(line.cause).toMatchObject({ message: 'violates' });
  expect(JSON.stringify(line)).not.toContain('ada@example.com');
});

test('a log in a file begins a new one when it has grown, and loses no line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-log-'));
  const file = join(folder, 'clients.log');
  const stream = logStream(file, 2_000);
  const lines = Array.from({ length: 100 }, (_, number) => `${String(number).padStart(49, '.')}\n`);
  // Nobody waits: whatever was written is there, however the process ends after it.
  for (const line of lines) stream.write(line);
  const kept = ['.2', '.1', ''].map((end) => readFileSync(`${file}${end}`, 'utf8'));
  expect(kept.join('')).toBe(lines.join(''));
  for (const text of kept) expect(text.length).toBeLessThanOrEqual(2_050);
  for (let more = 0; more < 10; more += 1) for (const line of lines) stream.write(line);
  expect(readdirSync(folder).sort()).toEqual(
    ['clients.log', 'clients.log.1', 'clients.log.2', 'clients.log.3'].sort(),
  );
  rmSync(folder, { recursive: true });
});
