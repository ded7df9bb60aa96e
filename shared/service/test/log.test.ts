import { expect, test } from '@jest/globals';
import { createLogger } from '../src/log.ts';

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
