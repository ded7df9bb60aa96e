import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

test('the verdict reads the addresses of a platform whose folder has a space in its name', () => {
  const data = mkdtempSync(join(tmpdir(), 'a b '));
  // Port 1: nobody is there, which the verdict says once it has read where to ask.
  const lines = [`DATABASE_URL=postgres://nobody@127.0.0.1:1/none`, `DATA_DIR=${data}`];
  writeFileSync(join(data, 'addresses'), `${lines.join('\n')}\n`);
  const { DATABASE_URL: _, ...env } = process.env;
  const { stderr } = spawnSync(join(import.meta.dirname, 'verify'), [data], { env });
  rmSync(data, { recursive: true });
  expect(String(stderr)).toContain('ECONNREFUSED 127.0.0.1:1');
});
