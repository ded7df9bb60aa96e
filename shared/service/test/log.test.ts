import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { within } from '@roundhouse/telemetry/current';
import { z } from 'zod';
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

const text = (fields: object) => JSON.stringify(lineOf(fields));

test('a line has no secret, also one that stands deeper', () => {
  const line = lineOf({ access_token: 'abc', body: { a: [{ password: 'abc' }] }, kept: 'kept' });
  expect(line).toMatchObject({ access_token: '[redacted]', kept: 'kept' });
  expect(line.body).toEqual({ a: [{ password: '[redacted]' }] });
});

test.each([
  ['the row of a violation', { detail: 'Key (email)=(canary) already exists.', code: '23505' }],
  ['the row of a check', { detail: 'Failing row contains (canary).', code: '23514' }],
  ['where it was', { where: 'canary', internalQuery: 'canary', code: 'P0001' }],
])('of an error of Postgres not %s', (_, fields) => {
  const cause = Object.assign(new Error('violates a rule'), { constraint: 'a_rule', ...fields });
  const line = lineOf({ cause });
  expect(line.cause).toMatchObject({ message: 'violates a rule', constraint: 'a_rule' });
  expect(text({ cause })).not.toContain('canary');
});

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test.each([
  ['a parser', thrownBy(() => JSON.parse('canary'))],
  ['Postgres', Object.assign(new Error('invalid for type uuid: "a"canary"'), { code: '22P02' })],
  ['Zod', thrownBy(() => z.strictObject({}).parse({ a: 'canary' }))],
  ['a cause', new Error('failed', { cause: thrownBy(() => JSON.parse('canary')) })],
  ['an address', new Error('connect to amqp://guest:canary@host failed')],
  ['a header', new Error('sent Authorization: Bearer canary-canary')],
])('an error of %s does not repeat what was sent, and says where it was', (_, cause) => {
  expect(text({ cause })).not.toContain('canary');
  expect((lineOf({ cause }).cause as Error).stack).toMatch(/^at /);
});

test('what looks like a secret is one, wherever it stands', () => {
  const token = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`;
  for (const secret of [token, 'sk_test_canary', 'whsec_canary', 'postgres://a:canary@b/c']) {
    expect(text({ note: `of ${secret} here` })).not.toMatch(/canary|eyJ/);
  }
});

test('a line has an end, whatever is logged', () => {
  const deep = { a: { b: { c: { d: { e: 'x' } } } } };
  const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, key) => [`key ${key}`, 'x']));
  const many = Array.from({ length: 10_000 }, () => 'x'.repeat(10_000));
  const endless: { self?: unknown } = {};
  endless.self = endless;
  const line = text({
    long: 'x'.repeat(1e6),
    deep,
    wide,
    endless,
    cause: new Error('x'.repeat(1e6)),
  });
  expect(line.length).toBeLessThan(10_000);
  expect(text({ many }).length).toBeLessThan(40_000);
});

test('a line says for whom it is, as far as that is known', () => {
  const scope = { request_id: 'asked-1', tenant_id: 'tenant-1', user_id: undefined };
  const line = within(scope, () => lineOf({ event: 'x' }));
  expect(line).toMatchObject({ request_id: 'asked-1', tenant_id: 'tenant-1' });
  expect(line).not.toHaveProperty('user_id');
  expect(within(scope, () => lineOf({ request_id: 'its own' })).request_id).toBe('its own');
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
