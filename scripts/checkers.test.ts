/** A checker that finds nothing may be blind: each is shown faults, and a tree without them. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';

const repository = dirname(import.meta.dirname);
const bin = join(repository, 'node_modules/.bin');
const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

type Tree = Record<string, string>;

/** A repository with these files, the real packages and copies of these files of ours. */
function treeOf(files: Tree, copies: string[]): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'round house ')));
  made.push(root);
  const place = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    return join(root, path);
  };
  for (const path of copies) copyFileSync(join(repository, path), place(path));
  for (const [path, text] of Object.entries(files)) writeFileSync(place(path), text);
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  return root;
}

interface Said {
  failed: boolean;
  said: string;
}

function run(root: string, tool: string, ...args: string[]): Said {
  const options = { cwd: root, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(bin, tool), ...args],
    options,
  );
  return { failed: status !== 0, said: stdout + stderr };
}

interface Planted {
  copies: string[];
  /** A tree without a fault. */
  files: Tree;
  check: (root: string) => Said;
  /** The rule as the checker calls it, and the file that breaks it. */
  faults: [rule: string, path: string, text: string][];
}

const manifest = (name: string, rest: object = {}) =>
  JSON.stringify({ name: `@roundhouse/${name}`, type: 'module', ...rest });

const PLANTED: Record<string, Planted> = {
  types: {
    copies: ['tsconfig.json'],
    files: { 'package.json': manifest('house'), 'shared/a.ts': 'export const one: number = 1;\n' },
    check: (root) => run(root, 'tsc'),
    faults: [
      ['TS2322', 'shared/b.ts', "export const one: number = '1';\n"],
      ['TS2532', 'shared/c.ts', 'export const f = (of: number[]) => of[0].toFixed();\n'],
      ['TS1294', 'shared/d.ts', 'export enum E { One }\n'],
    ],
  },
  lint: {
    copies: ['biome.json', '.gitignore'],
    files: { 'shared/package.json': '{}\n', 'shared/a.ts': 'export const one = 1;\n' },
    check: (root) => run(root, 'biome', 'ci', '--error-on-warnings', '--colors=off'),
    faults: [
      ['format', 'shared/b.ts', 'export const one =  1;\n'],
      ['noUnusedVariables', 'shared/c.ts', 'const one = 1;\n'],
      ['noDefaultExport', 'shared/d.ts', 'export default 1;\n'],
      ['noUndeclaredDependencies', 'shared/e.ts', "export { z } from 'zod';\n"],
      [
        'noFloatingPromises',
        'shared/f.ts',
        'const one = async () => 1;\n\nexport function two() {\n  one();\n}\n',
      ],
      [
        'noExcessiveLinesPerFunction',
        'shared/h.ts',
        `export function f(of: number[]) {\n${'  of.push(1);\n'.repeat(80)}}\n`,
      ],
      ['noRestrictedImports', 'shared/g.ts', "export { get } from 'axios';\n"],
    ],
  },
  borders: {
    copies: ['.dependency-cruiser.js', 'scripts/rules-files.ts'],
    files: {
      'package.json': manifest('house'),
      'services/pets/package.json': manifest('pets'),
      'services/pets/src/contract.ts': '',
      'services/pets/src/pet.ts': '',
      'services/walks/package.json': manifest('walks'),
      'services/walks/src/handlers.ts': "import '../../pets/src/contract.ts';\n",
      'services/walks/src/app.ts': "import 'express';\n",
      'shared/service/src/service.ts': "import 'express';\n",
      'shared/database/src/database.ts': "import 'pg';\n",
      'shared/testing/src/testing.ts': '',
      'shared/b.ts': "import './a.ts';\n",
      'shared/a.ts': '',
    },
    check: (root) => run(root, 'depcruise', 'services', 'shared'),
    faults: [
      [
        'services-meet-at-contracts',
        'services/walks/src/walk-store.ts',
        "import '../../pets/src/pet.ts';\n",
      ],
      ['shared-knows-no-service', 'shared/c.ts', "import '../services/pets/src/contract.ts';\n"],
      ['rules-are-pure', 'services/walks/src/walk.ts', "import 'zod';\n"],
      [
        'rules-are-pure',
        'services/walks/src/way.ts',
        "import '../../../shared/database/src/database.ts';\n",
      ],
      ['one-door-to-the-database', 'services/pets/src/pet-store.ts', "import 'pg';\n"],
      ['one-door-to-the-database', 'shared/service/src/d.ts', "import type pg from 'pg';\n"],
      ['knex-migrates', 'services/pets/src/kind-store.ts', "import 'knex';\n"],
      ['one-door-to-the-transport', 'services/pets/src/main.ts', "import 'graphile-worker';\n"],
      ['one-door-to-stripe', 'services/pets/src/handlers.ts', "import 'stripe';\n"],
      ['express-serves', 'services/pets/src/subscriptions.ts', "import 'express';\n"],
      [
        'tests-alone-use-testing',
        'services/walks/src/main.ts',
        "import '../../../shared/testing/src/testing.ts';\n",
      ],
      ['no-circles', 'shared/a.ts', "import './b.ts';\n"],
      ['no-unresolvable', 'shared/e.ts', "import './nowhere.ts';\n"],
    ],
  },
  'unused code': {
    copies: ['knip.json'],
    files: {
      'package.json': manifest('house', { workspaces: ['shared/*', 'services/*'] }),
      'shared/dogs/package.json': manifest('dogs', { exports: { '.': './src/dogs.ts' } }),
      'shared/dogs/src/dogs.ts': 'export const dog = 1;\n',
      'services/pets/package.json': manifest('pets', { scripts: { start: 'node src/main.ts' } }),
      'services/pets/src/main.ts':
        "import { dog } from '../../../shared/dogs/src/dogs.ts';\n\nexport const pets = [dog];\n",
    },
    check: (root) => run(root, 'knip', '--no-config-hints', '--include=files,exports'),
    faults: [
      ['', 'services/pets/src/pet.ts', 'export const pet = 1;\n'],
      ['cat ', 'shared/dogs/src/dogs.ts', 'export const dog = 1;\nexport const cat = 2;\n'],
    ],
  },
};

test('borders that saw no module of a service are a fault', () => {
  const { bounds } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).scripts;
  const folders = ['services', 'shared', 'gateway', 'infra', 'scripts'];
  const empty = Object.fromEntries(folders.map((folder) => [`${folder}/notes.txt`, '']));
  const cruise = (files: Tree) => {
    const root = treeOf({ ...empty, ...files }, [
      '.dependency-cruiser.js',
      'scripts/rules-files.ts',
    ]);
    return spawnSync('sh', ['-c', bounds], { cwd: root, env: { PATH: `${bin}:/usr/bin:/bin` } });
  };
  expect(cruise({}).status).toBe(1);
  const seen = { 'services/pets/src/app.ts': "import './contract.ts';\n" };
  expect(cruise({ ...seen, 'services/pets/src/contract.ts': '' }).status).toBe(0);
});

describe.each(Object.entries(PLANTED))('%s', (_, { copies, files, check, faults }) => {
  test('a tree without a fault passes', () => {
    const { failed, said } = check(treeOf(files, copies));
    expect(failed ? said : '').toBe('');
  });

  test('each planted fault is seen', () => {
    const planted = Object.fromEntries(faults.map(([, path, text]) => [path, text]));
    const { failed, said } = check(treeOf({ ...files, ...planted }, copies));
    expect(failed).toBe(true);
    for (const [rule, path] of faults) {
      expect(said).toMatch(new RegExp(`${rule}.*${path}|${path}.*${rule}`));
    }
  });
});
