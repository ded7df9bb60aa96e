import { describe, expect, test } from '@jest/globals';
import { isTraceparent } from '../src/traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('a traceparent', () => {
  test.each([
    `00-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-00`,
    `01-${TRACE}-${PARENT}-03-of-later-days`,
  ])('%s is one', (text) => expect(isTraceparent(text)).toBe(true));

  test.each([
    ['nothing', ''],
    ['a word', 'nonsense'],
    ['of capitals', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['of no trace', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['of no parent', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['of the version that never comes', `ff-${TRACE}-${PARENT}-01`],
    ['of version 00 that goes on', `00-${TRACE}-${PARENT}-01-more`],
    ['without its flags', `00-${TRACE}-${PARENT}`],
    ['with a line behind it', `00-${TRACE}-${PARENT}-01\n`],
    ['that has no end', `01-${TRACE}-${PARENT}-01-${'x'.repeat(300)}`],
  ])('%s is none', (_, text) => expect(isTraceparent(text)).toBe(false));
});
