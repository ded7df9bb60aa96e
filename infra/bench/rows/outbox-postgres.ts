import { letIn, lockOut } from '../../../scripts/e2e/lib/lock-out.ts';
import type { Row } from '../bench.ts';
import { jobsRate } from './broker-rate.ts';
import { measureOutbox } from './outbox.ts';

export const row: Row = {
  name: 'outbox-postgres',
  about: 'events by the transport in Postgres: rates, lag, and an outage',
  run: async (bench) => {
    const { db } = bench.platform;
    await measureOutbox(bench, {
      ...{ id: 'postgres', name: 'the transport in Postgres' },
      bare: (duration_ms) => jobsRate(db, duration_ms),
      down: () => lockOut(db, 'transport'),
      up: () => letIn(db, 'transport'),
    });
  },
};
