import { expect, test } from '@jest/globals';
import type { Load, Write } from './load.ts';
import { allLines, type Case } from './verdict.ts';

const kind = { name: 'client', write: { retried: true } };
const write = (more: object) =>
  ({
    ...{ kind, key: 'k', request: {}, subject: 's', business: 'b', times: 1, at_ms: 0 },
    ...more,
  }) as unknown as Write;

async function judged(column: string, found: { write: Write; effects: number }[]) {
  const load = { writes: found.map(({ write: one }) => one) } as unknown as Load;
  const line = (await allLines()).find((one) => one.column === column);
  return line?.judge({ load, found } as unknown as Case);
}
const counts = async (column: string, found: { write: Write; effects: number }[]) =>
  (await judged(column, found))?.wrong.length;

const acknowledged = write({ state: 'acknowledged', subject: 'a' });
const refused = write({ state: 'refused', subject: 'b' });
const unknown = write({ state: 'unknown', subject: 'c' });

test('what was acknowledged and is not there is lost, and what is unknown is not', async () => {
  const found = [acknowledged, refused, unknown].map((one) => ({ write: one, effects: 0 }));
  expect(await counts('lost', found)).toBe(1);
  expect(await counts('doubled', found)).toBe(0);
});

test('an effect that is there twice is doubled, whatever was answered', async () => {
  const found = [acknowledged, unknown].map((one) => ({ write: one, effects: 2 }));
  expect(await counts('doubled', found)).toBe(2);
});

test('what was refused and is there is wrong, unless another one asked for it', async () => {
  expect(await counts('doubled', [{ write: refused, effects: 1 }])).toBe(1);
  const later = write({ state: 'acknowledged', subject: 'b' });
  const both = [refused, later].map((one) => ({ write: one, effects: 1 }));
  expect(await counts('doubled', both)).toBe(0);
});

test('what nobody was told in the end is wrong', async () => {
  const found = [acknowledged, unknown].map((one) => ({ write: one, effects: 1 }));
  expect(await counts('unknown', found)).toBe(1);
});

test('a load that wrote nothing has shown nothing', async () => {
  expect(await counts('acknowledged', [])).toBe(1);
});
