import { join } from 'node:path';
import { freePorts } from '../../launcher/ports.ts';
import { rabbitMissing, rabbitServer } from '../../rabbitmq/server.ts';
import type { Row } from '../bench.ts';
import { openFleet } from '../fleet.ts';
import { startPlatform } from '../platform.ts';
import { rabbitRate } from './broker-rate.ts';
import { measureOutbox } from './outbox.ts';

export const row: Row = {
  name: 'outbox-rabbitmq',
  about: 'events by RabbitMQ, on a platform of its own: rates, lag, and an outage',
  run: async (bench) => {
    const { scratch, quiet, skip } = bench;
    const home = join(scratch, 'rabbitmq');
    const broker = rabbitServer({ home, port: await freePorts()() });
    if (broker === undefined) {
      skip({ id: 'rabbitmq', what: 'events by RabbitMQ', why: String(rabbitMissing) });
      return;
    }
    await broker.start();
    try {
      const platform = await startPlatform({ rabbitmq_url: broker.url });
      try {
        quiet.watch(platform.watched.postgres_home);
        const fleet = await openFleet(platform, bench.quick);
        await measureOutbox(
          { ...bench, platform, fleet },
          {
            ...{ id: 'rabbitmq', name: 'RabbitMQ' },
            bare: (duration_ms) => rabbitRate(broker.url, duration_ms),
            down: () => broker.kill(),
            up: () => broker.start(),
          },
        );
      } finally {
        await platform.stop();
      }
    } finally {
      await broker.stop();
    }
  },
};
