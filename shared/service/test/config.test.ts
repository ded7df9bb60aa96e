import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { readConfig, serviceConfig, withFiles } from '../src/config.ts';

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

describe('what carries the events', () => {
  const told = {
    DATABASE_URL: 'postgres://clients_app@localhost/x',
    DATABASE_WORKER_URL: 'postgres://clients_worker@localhost/x',
    AUTH_URL: 'http://localhost:3000',
  };
  const RABBITMQ_URL = 'amqp://roundhouse@localhost';
  const TRANSPORT_DATABASE_URL = 'postgres://transport@localhost/x';

  test('is told by one address or the other', () => {
    expect(readConfig(serviceConfig, {}, { ...told, RABBITMQ_URL })).toMatchObject({
      RABBITMQ_URL,
    });
    const postgres = { ...told, TRANSPORT_DATABASE_URL };
    expect(readConfig(serviceConfig, {}, postgres)).toMatchObject({ TRANSPORT_DATABASE_URL });
  });

  test('is asked for once where neither is told, beside what else is missing', () => {
    const end = jest.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('ended');
    });
    const said: string[] = [];
    const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
    try {
      const { AUTH_URL: _, ...less } = told;
      expect(() => readConfig(serviceConfig, {}, less)).toThrow('ended');
    } finally {
      end.mockRestore();
      write.mockRestore();
    }
    expect(said.join('')).toMatch(/AUTH_URL.*\n.*RABBITMQ_URL or TRANSPORT_DATABASE_URL: one/);
  });
});
