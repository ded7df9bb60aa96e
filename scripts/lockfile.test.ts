import { expect, test } from '@jest/globals';
import { lockfileFaults } from './lockfile.ts';

const locked = (packages: Record<string, object>) => lockfileFaults(JSON.stringify({ packages }));

test('a lockfile with each platform and without a registry is taken', () => {
  expect(
    locked({
      '': { optionalDependencies: { 'tool-linux': '1.0.0' } },
      'services/auth': { resolved: 'services/auth', link: true },
      'node_modules/tool-linux': { version: '1.0.0' },
    }),
  ).toEqual([]);
});

test('the address of a registry is a fault', () => {
  const resolved = 'https://packages.example/zod.tgz';
  expect(locked({ 'node_modules/zod': { resolved } })).toEqual([
    `node_modules/zod is to come from ${resolved}`,
  ]);
});

test("a platform's package that is left out is a fault", () => {
  const optionalDependencies = { '@tool/linux': '1.0.0', '@tool/darwin': '1.0.0' };
  const tool = { 'node_modules/tool': { optionalDependencies } };
  expect(locked({ ...tool, 'node_modules/@tool/linux': {} })).toEqual([
    'node_modules/tool lacks @tool/darwin',
  ]);
});

test('a package finds its own copy, and that of a folder above it', () => {
  const optionalDependencies = { near: '1.0.0', above: '1.0.0' };
  expect(
    locked({
      'node_modules/a/node_modules/b': { optionalDependencies },
      'node_modules/a/node_modules/b/node_modules/near': {},
      'node_modules/a/node_modules/above': {},
    }),
  ).toEqual([]);
});
