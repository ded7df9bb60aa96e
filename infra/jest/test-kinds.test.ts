import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testKinds } from './test-kinds.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'kinds '));
});
afterAll(() => rmSync(root, { recursive: true }));

const kindOf = (text: string, helper = ''): string | undefined => {
  const folder = join(root, 'services/pets/test');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'pet.test.ts');
  writeFileSync(file, text);
  writeFileSync(join(folder, 'builders.ts'), helper);
  const kinds = testKinds(root);
  return Object.entries(kinds).find(([, files]) => files.includes(file))?.[0];
};

test('a test that serves a service or clones the database is one of integration', () => {
  expect(kindOf("import { serve } from '@roundhouse/testing';")).toBe('integration');
  const several = "import {\n  type TestDatabase,\n  freshDatabase,\n} from '@roundhouse/testing';";
  expect(kindOf(several)).toBe('integration');
});

test('so is one whose helper does, also when the helpers know each other', () => {
  const text = "import { served } from './builders.ts';";
  const round = "import './pet.test.ts'; import { x } from './pet.test.ts';\n";
  expect(kindOf(text, `${round}import { serve } from '@roundhouse/testing';`)).toBe('integration');
  expect(kindOf(text, round)).toBe('unit');
});

test('any other test is a unit', () => {
  expect(kindOf("import { eventually } from '@roundhouse/testing';")).toBe('unit');
  expect(kindOf("import { serve } from './builders.ts';")).toBe('unit');
});
