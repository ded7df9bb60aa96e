import { expect, test } from '@jest/globals';
import { allKinds } from './mix.ts';
import { allScenarios } from './scenario.ts';
import { alwaysRun } from './seeds.ts';
import { allLines } from './verdict.ts';

const distinct = (values: unknown[]) => expect(new Set(values).size).toBe(values.length);

test('each file of the mix is a kind of its own, with a part in it', async () => {
  const kinds = await allKinds();
  distinct(kinds.map(({ name }) => name));
  for (const { weight, services } of kinds) {
    expect(weight).toBeGreaterThan(0);
    expect(services.length).toBeGreaterThan(0);
  }
});

test('each scenario has an id of its own, in the order of the catalogue', async () => {
  const ids = (await allScenarios()).map(({ id }) => id);
  distinct(ids);
  expect(ids.slice(0, 3)).toEqual(['F1', 'F1S', 'F2']);
});

test('each line of the verdict has a column and a place of its own', async () => {
  const lines = await allLines();
  distinct(lines.map(({ column }) => column));
  distinct(lines.map(({ place }) => place));
});

test('what was red once is a scenario that there is', async () => {
  const ids = (await allScenarios()).map(({ id }) => id);
  for (const { scenario, why } of alwaysRun) {
    expect(ids).toContain(scenario);
    expect(why).not.toBe('');
  }
});
