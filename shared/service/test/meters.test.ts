import { describe, expect, test } from '@jest/globals';
import { counter, durations, ownGauge, sampledGauges } from '../src/meters.ts';
import { createMetrics } from '../src/metrics.ts';

/** What a scrape of this process shows of a metric. */
async function shown(name: string): Promise<string[]> {
  const text = await createMetrics({ service: 'auth', revision: 'r1' }).text();
  return text.split('\n').filter((line) => new RegExp(`^${name}(_\\w+)?[{ ]`).test(line));
}

/** A transaction as a meter sees it. */
function aTransaction() {
  const callbacks: (() => void)[] = [];
  return {
    afterCommit: (callback: () => void) => void callbacks.push(callback),
    commits: () => {
      for (const callback of callbacks) callback();
    },
  };
}

describe('a counter', () => {
  test('is zero from the start for each value that it lists', async () => {
    counter({ name: 'trips_total', help: 'Trips.', labels: { to: ['sea', 'hills'] } });
    expect(await shown('trips_total')).toEqual([
      'trips_total{to="sea",service="auth"} 0',
      'trips_total{to="hills",service="auth"} 0',
    ]);
  });

  test('counts what is committed, and nothing before', async () => {
    const paid = counter({ name: 'paid_total', help: 'Paid.', labels: { currency: 'open' } });
    const rolledBack = aTransaction();
    const committed = aTransaction();
    paid.countAfter(rolledBack, { currency: 'USD' }, 7);
    paid.countAfter(committed, { currency: 'USD' }, 250);
    expect(await shown('paid_total')).toEqual([]);
    committed.commits();
    expect(await shown('paid_total')).toEqual(['paid_total{currency="USD",service="auth"} 250']);
  });

  test('gives no series to a value that nobody listed', async () => {
    const meter = counter({ name: 'moves_total', help: 'Moves.', labels: { to: ['left'] } });
    meter.count({ to: 'everywhere' as 'left' });
    expect(await shown('moves_total')).toContain('moves_total{to="_OTHER",service="auth"} 1');
  });

  test('holds an open label to a number of values', async () => {
    const meter = counter({ name: 'asked_total', help: 'Asked.', labels: { code: 'open' } });
    for (let code = 0; code < 5_000; code += 1) meter.count({ code: `code_${code}` });
    const series = await shown('asked_total');
    expect(series).toHaveLength(301);
    expect(series).toContain('asked_total{code="_OTHER",service="auth"} 4700');
  });
});

test('durations are there from the start where their labels are known', async () => {
  const meter = durations(
    { name: 'wait_seconds', help: 'Waits.', labels: { at: ['door'] } },
    [0.1, 1],
  );
  const count = async () => (await shown('wait_seconds')).find((line) => /_count/.test(line));
  expect(await count()).toMatch(/ 0$/);
  meter.observe({ at: 'door' }, 0.5);
  expect(await count()).toMatch(/ 1$/);
});

describe('gauges of the database', () => {
  const gauges = () =>
    sampledGauges({ waiting: NaN }, [
      { name: 'waiting_events', help: 'Waiting.', of: ({ waiting }) => waiting },
    ]);

  /** Prometheus reads a number that is none in whatever letters. */
  const told = async () => (await shown('waiting_events'))[0]?.split(' ')[1]?.toLowerCase();

  test('are asked once for many scrapes, and are NaN while nobody can tell', async () => {
    const { sampleBy } = gauges();
    expect(await told()).toBe('nan');
    let asked = 0;
    sampleBy(async () => {
      asked += 1;
      return { waiting: 3 };
    });
    await Promise.all([told(), told()]);
    expect(await told()).toBe('3');
    expect(asked).toBe(1);
    sampleBy(() => Promise.reject(new Error('away')));
    expect(await told()).toBe('nan');
  });
});

test('a gauge of the process tells what stands just now', async () => {
  const open = new Map([['pricing', 0]]);
  ownGauge({ name: 'circuit', help: 'Open.', label: 'peer' }, () => open);
  open.set('pricing', 1);
  expect(await shown('circuit')).toEqual(['circuit{peer="pricing",service="auth"} 1']);
});
