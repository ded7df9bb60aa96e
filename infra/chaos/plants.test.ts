import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { repository } from '../database/services.ts';

const plants = join(import.meta.dirname, 'plants');
const urlOf = (file: string) => pathToFileURL(join(repository, file)).href;
/** Whatever a plant changes, and a crash point too. */
const CHANGED = [
  'shared/database/src/transaction.ts',
  'shared/events/src/consumer.ts',
  'shared/events/src/relay.ts',
  'shared/service/src/idempotency.ts',
];
const loadAll = CHANGED.map((file) => `await import('${urlOf(file)}');`).join('\n');

const loadedWith = (module: string) =>
  spawnSync(process.execPath, ['--import', module, '--input-type=module', '-e', loadAll], {
    encoding: 'utf8',
    cwd: repository,
  });

const modules = [
  ...readdirSync(plants).map((file) => [file, urlOf(join('infra/chaos/plants', file))]),
  ...['effect', 'confirm'].map((at) => [
    `crash at ${at}`,
    `${urlOf('infra/chaos/crash-point.ts')}?at=${at}&folder=/tmp`,
  ]),
] as [string, string][];

test.each(modules)('%s finds its text, and what comes of it can be loaded', (_, module) => {
  const { status, stderr } = loadedWith(module);
  expect(stderr).not.toContain('Error');
  expect(status).toBe(0);
});
