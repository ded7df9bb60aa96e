import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, skippedTest } from '@roundhouse/testing';
import { freePorts } from '../launcher/ports.ts';
import { type RabbitServer, rabbitMissing, rabbitServer } from './server.ts';

const PATIENCE_MS = 120_000;

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Whether the broker answers the greeting of its protocol. */
const speaks = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('AMQP\0\0\x09\x01', 'latin1'));
    const say = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', () => say(true));
    socket.once('error', () => say(false));
    socket.setTimeout(300, () => say(false));
  });

if (rabbitMissing !== undefined) skippedTest('a broker of one’s own', rabbitMissing);
else {
  describe('a broker of one’s own', () => {
    const home = mkdtempSync(join(tmpdir(), 'roundhouse-rabbit-'));
    let port: number;
    let broker: RabbitServer;
    beforeAll(async () => {
      port = await freePorts()();
      broker = rabbitServer({ home, port }) as RabbitServer;
      await broker.start();
    }, PATIENCE_MS);
    afterAll(async () => {
      await broker.kill();
      rmSync(home, { recursive: true, force: true });
    }, PATIENCE_MS);

    test('is frozen and goes on', async () => {
      broker.pause();
      expect(await speaks(port)).toBe(false);
      broker.resume();
      await eventually(async () => expect(await speaks(port)).toBe(true));
    });

    test(
      'keeps what is durable over a kill, until it is wiped, and is gone when stopped',
      async () => {
        await broker.control('add_vhost', 'kept');
        const pid = broker.pid ?? 0;
        await broker.kill();
        expect(isAlive(pid)).toBe(false);
        await broker.start();
        expect(await broker.control('list_vhosts')).toContain('kept');
        expect(() => broker.wipe()).toThrow();
        await broker.stop();
        expect(broker.pid).toBeUndefined();
        expect(await speaks(port)).toBe(false);
        broker.wipe();
        await broker.start();
        expect(await broker.control('list_vhosts')).not.toContain('kept');
      },
      PATIENCE_MS,
    );
  });
}
