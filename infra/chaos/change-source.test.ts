import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'change-source-'));
  writeFileSync(join(folder, 'price.ts'), 'export const price: number = 100;\n');
  const main = `import { price } from './price.ts';\nprocess.stdout.write(String(price));\n`;
  writeFileSync(join(folder, 'main.ts'), main);
});
afterEach(() => rmSync(folder, { recursive: true }));

function runWith(from: string, to: string) {
  const module = pathToFileURL(join(import.meta.dirname, 'change-source.ts')).href;
  const preload = join(folder, 'preload.ts');
  const change = JSON.stringify({ file: '/price.ts', from, to });
  writeFileSync(preload, `import { changeSource } from '${module}';\nchangeSource(${change});\n`);
  return spawnSync(process.execPath, ['--import', preload, join(folder, 'main.ts')], {
    encoding: 'utf8',
  });
}

test('a text of a source file is another one in the process that was told so', () => {
  expect(runWith('100', '$& 7 + 3')).toMatchObject({ status: 1 });
  expect(runWith('100', '7 + 3').stdout).toBe('10');
});

test('where the text is not in the file the process does not run', () => {
  const { status, stdout, stderr } = runWith('200', '7');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain('/price.ts does not say: 200');
});
