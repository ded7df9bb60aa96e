import { expect, test } from '@jest/globals';
import { recoveries, unexcused } from './failures.ts';
import type { Outcome } from './load.ts';
import type { Fault } from './scenario.ts';

const outcome = (more: Partial<Outcome>): Outcome => ({
  ...{ kind: 'list', services: ['bookings'], business: 'one', at_ms: 1_000, took_ms: 10 },
  ...{ status: 200, code: undefined, request_id: undefined, crowded: false },
  ...more,
});
const fault = (more: Partial<Fault>): Fault => ({
  ...{ name: 'kill', began_ms: 1_000, ended_ms: 2_000, after_ms: 500, excuses: () => true },
  also: () => false,
  ...more,
});
const codes = new Map([['accept', ['vehicle_taken']]]);
const wrongOf = (outcomes: Outcome[], faults: Fault[] = []) =>
  unexcused(outcomes, faults, codes).wrong;

test('what fails before a fault or long after it is wrong, and what meets it is not', () => {
  const early = outcome({ status: 502, at_ms: 900, took_ms: 50 });
  const under_way = outcome({ status: 502, at_ms: 900, took_ms: 200 });
  const soon = outcome({ status: 0, at_ms: 2_400 });
  const late = outcome({ status: 503, at_ms: 2_600 });
  expect(wrongOf([early, under_way, soon, late], [fault({})])).toEqual([early, late]);
});

test('a fault excuses whom it concerns', () => {
  const stranger = outcome({ status: 500, services: ['auth'] });
  const excuses = ({ services }: Outcome) => services.includes('bookings');
  const found = wrongOf([stranger, outcome({ status: 500 })], [fault({ excuses })]);
  expect(found).toEqual([stranger]);
});

test('a fault excuses a refusal that it names', () => {
  const late = outcome({ status: 401 });
  const also = ({ status }: Outcome) => status === 401;
  expect(wrongOf([late], [fault({ also })])).toEqual([]);
  expect(wrongOf([late], [fault({})])).toEqual([late]);
});

test('no fault excuses a refusal that is no answer of its kind', () => {
  const refused = outcome({ status: 403, code: 'permission_missing' });
  const taken = outcome({ kind: 'accept', status: 409, code: 'vehicle_taken' });
  expect(wrongOf([refused, taken], [fault({})])).toEqual([refused]);
});

test('a machine that others crowd may be late and refuse, and break nothing', () => {
  const excused = [503, 504, 408, 0].map((status) => outcome({ status, crowded: true }));
  const calm = outcome({ status: 503, code: 'busy' });
  const broken = outcome({ status: 500, crowded: true });
  expect(wrongOf([...excused, calm, broken])).toEqual([calm, broken]);
});

test('recovery is from the beginning of a fault to the last failure before the next one', () => {
  const outcomes = [
    outcome({ status: 502, at_ms: 1_100 }),
    outcome({ at_ms: 1_200 }),
    outcome({ status: 0, at_ms: 1_700 }),
    outcome({ status: 502, at_ms: 5_250 }),
  ];
  const faults = [fault({ name: 'second', began_ms: 5_000, ended_ms: 5_001 }), fault({})];
  expect(recoveries(outcomes, faults)).toEqual([
    { fault: 'kill', recovery_ms: 700 },
    { fault: 'second', recovery_ms: 250 },
  ]);
});
