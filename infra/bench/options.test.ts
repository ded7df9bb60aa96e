import { expect, test } from '@jest/globals';
import { readOptions } from './options.ts';

const read = (...args: string[]) => readOptions(args, ['rates', 'growth'], '/data');

test('without a word all rows are run and the document is written', () => {
  expect(read()).toEqual({
    ...{ quick: false, only: [], json: '/data/bench.json', compare: undefined, document: true },
  });
});

test('some rows, or quick ones, leave the document alone unless it is asked for', () => {
  expect(read('--only', 'rates,growth')).toMatchObject({
    only: ['rates', 'growth'],
    document: false,
  });
  expect(read('--only', 'rates', 'growth').only).toEqual(['rates', 'growth']);
  expect(read('--quick').document).toBe(false);
  expect(read('--quick', '--document').document).toBe(true);
});

test('what nobody knows is refused by its name', () => {
  expect(() => read('--only', 'speed')).toThrow('No row is called speed');
  expect(() => read('--only')).toThrow('--only');
  expect(() => read('rates')).toThrow('--only');
  expect(() => read('--fast')).toThrow('fast');
});
