import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readConfig, withFiles } from '../src/config.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config '));
  file = join(folder, 'secret');
  writeFileSync(file, 'swordfish\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const schema = z.object({ SEALING_KEY: z.string().min(8), LOG_FILE: z.string().optional() });

test('a secret may stand in a file, which the environment names', () => {
  const env = { SEALING_KEY_FILE: file, LOG_FILE: '/somewhere/log' };
  expect(readConfig(schema, {}, env)).toEqual({
    SEALING_KEY: 'swordfish',
    LOG_FILE: '/somewhere/log',
  });
});

test('what the environment says itself goes before the file', () => {
  const env = { SEALING_KEY: 'something else', SEALING_KEY_FILE: file };
  expect(readConfig(schema, {}, env).SEALING_KEY).toBe('something else');
});

test('what stands in a file that is not there is missing', () => {
  const env = { SEALING_KEY_FILE: join(folder, 'none') };
  expect(withFiles(['SEALING_KEY'], env).SEALING_KEY).toBeUndefined();
});

test('a file that nobody asks for is not read', () => {
  expect(withFiles(['LOG_FILE'], { SEALING_KEY_FILE: file })).toEqual({ SEALING_KEY_FILE: file });
});
