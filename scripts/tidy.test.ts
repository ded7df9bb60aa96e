import { expect, test } from '@jest/globals';
import { tidyFaults } from './tidy.ts';

const faultsOf = (path: string, text: string) => tidyFaults([{ path, text }]);
const lines = (count: number) => 'x\n'.repeat(count);

const MANIFEST = {
  path: 'services/bookings/package.json',
  text: '{ "roundhouse": { "adapters": ["calendar.ts"] } }',
};
const README = { path: 'services/bookings/README.md', text: '# Bookings\n' };

/** What a file of the service may not do, beside files that are as they should be. */
const inBookings = (name: string, text: string) =>
  tidyFaults([MANIFEST, README, { path: `services/bookings/src/${name}`, text }]);

test.each([
  [
    'shared/money/src/money.ts',
    lines(301),
    'shared/money/src/money.ts: longer than 300 lines (301)',
  ],
  ['shared/money/test/money.test.ts', lines(401), 'longer than 400 lines'],
  ['README.md', `# Roundhouse\n${lines(100)}`, 'longer than 100 lines'],
  ['scripts/start', `${'x'.repeat(101)}\n`, 'scripts/start:1: wider than 100 columns'],
  ['docs/api.md', 'no title\n', 'docs/api.md: has 0 titles, one is due'],
  ['docs/api.md', '# One\n\n# Two\n', 'docs/api.md: has 2 titles, one is due'],
  ['shared/money/package.json', '{}', 'shared/money/README.md: is not there'],
  ['a.ts', 'sql`SELECT * FROM clients`', 'a.ts:1: name the columns'],
  ['a.ts', 'sql`\n  select c.* from clients AS c`', 'a.ts:2: name the columns'],
  ['a.test.ts', "jest.mock('./store.ts')", 'what is replaced is an argument'],
  ['a.test.ts', "jest.unstable_mockModule('./store.ts')", 'what is replaced is an argument'],
  ['a.test.ts', "test.only('x')", 'runs one test alone'],
  ['a.test.ts', "describe.skip('x')", 'skip by skippedTest'],
  ['a.test.ts', "test.each([]).skip('x')\ntest.concurrent.skip('x')", 'skip by skippedTest'],
  ['a.test.ts', "xit('x')", 'skip by skippedTest'],
  ['a.ts', '// TODO: later', 'an open end without its issue'],
  ['kong.yml', '# FIXME', 'an open end without its issue'],
  ['a.ts', "console.log('x')", 'say it through a logger'],
  ['services/bookings/src/app.ts', 'process.env.PORT', 'the configuration is read once'],
  ['a.ts', "SET app.tenant_id = 'x'", 'set the tenant locally'],
  ['a.ts', "set_config('app.tenant_id', $1, false)", 'set the tenant locally'],
  [
    'services/bookings/src/app.ts',
    "logger.info('x', { id })",
    ':1: a line of a log has an `event`',
  ],
  ['gateway/src/main.ts', "\nlog[level](\n  'event',\n)", ':2: a line of a log has an `event`'],
  ['docs/run.md', '# Run\n\n/home/me/roundhouse', "names a machine's folder"],
  ['.npmrc', 'registry=https://packages.example/npm', 'names a registry'],
])('%s with %j', (path, text, fault) => {
  expect(faultsOf(path, text)).toContainEqual(expect.stringContaining(fault));
});

test.each([
  ['shared/money/src/money.ts', lines(300)],
  ['docs/api.md', '# API\n\n```bash\n# a comment, no title\n```\n'],
  ['a.ts', 'sql`SELECT count(*) FROM clients`'],
  ['a.ts', "set_config('app.tenant_id', $1, true)"],
  ['a.ts', '// TODO(#12): when the broker can'],
  ['shared/testing/src/skipped.ts', 'test.skip(name)'],
  ['services/bookings/src/main.ts', 'readConfig(process.env)'],
  ['shared/jobs/src/jobs.ts', "logger.warn('x', {\n  event: 'swept',\n  of: of(1),\n})"],
  ['gateway/src/paths.ts', "'/api/v1/work/orders'"],
])('%s with %j is as it should be', (path, text) => {
  expect(faultsOf(path, text)).toEqual([]);
});

test.each([
  ["import { sql } from '@roundhouse/database';", 'rules import rules alone'],
  ["import pg from 'pg';", 'rules import rules alone'],
  ["import { readFileSync } from 'node:fs';", 'rules import rules alone'],
  ["import {\n  lock,\n} from './appointment-store.ts';", 'rules import rules alone'],
  ["import * as handlers from './handlers.ts';", 'rules import rules alone'],
  ["import { busy } from './calendar.ts';", 'rules import rules alone'],
  ["export { contract } from './contract.ts';", 'rules import rules alone'],
  ["const { sql } = await import('@roundhouse/database');", 'rules import rules alone'],
  ["import { type Row, sql } from '@roundhouse/database';", 'rules import rules alone'],
  ['const now = new Date();', 'rules ask no clock'],
  ['const now = Temporal.Now.instant();', 'rules ask no clock'],
  ['const dice = Math.random();', 'rules ask no chance'],
  ['const id = crypto.randomUUID();', 'rules ask no chance'],
  ["await fetch('http://pricing');", 'rules ask nobody'],
  ['const { PORT } = process.env;', 'rules ask nobody'],
])('rules of the business with %j', (text, fault) => {
  const faults = inBookings('appointment.ts', text);
  expect(faults).toContainEqual(expect.stringContaining(`bookings/src/appointment.ts:1: ${fault}`));
});

test.each([
  "import { conflict } from '@roundhouse/errors';",
  "import { percentOf } from '@roundhouse/money';",
  "import { overlaps } from './span.ts';",
  "import type { Output } from '@roundhouse/service/contract';",
  "import { type Row, type Sql } from '@roundhouse/database';",
])('rules of the business may %s', (text) => {
  expect(inBookings('appointment.ts', text)).toEqual([]);
});

test('an adapter may ask the world, and so may a store', () => {
  const text = "import { sql } from '@roundhouse/database';\nconst now = new Date();";
  expect(inBookings('calendar.ts', text)).toEqual([]);
  expect(inBookings('appointment-store.ts', text)).toEqual([]);
});

test.each([
  ['contract.ts', "import { may } from '@roundhouse/service';"],
  ['contract.ts', "import { overlaps } from './appointment.ts';"],
  ['contract.ts', "import { united } from '@roundhouse/database/states';"],
  ['events.ts', "import { publish } from '@roundhouse/events';"],
])('%s with %j runs something', (name, text) => {
  const path = `services/bookings/src/${name}`;
  const fault = expect.stringContaining(`${path}:1: imports shapes alone`);
  expect(inBookings(name, text)).toContainEqual(fault);
});

test('a contract is made of shapes, and of other contracts', () => {
  const text = [
    "import { defineContract } from '@roundhouse/service/contract';",
    "import { Client } from '@roundhouse/clients/contract';",
    "import { Money } from '@roundhouse/money/schema';",
    "import { ClientCreated } from './events.ts';",
    "import { visitStatuses } from './visits/states.ts';",
    "import { z } from 'zod';",
  ];
  expect(inBookings('contract.ts', text.join('\n'))).toEqual([]);
});
