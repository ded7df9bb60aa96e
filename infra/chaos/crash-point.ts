/**
 * Imported before a service's own code (`crash-point.ts?at=effect&folder=DIR`), it ends the process
 * without warning between two steps of which the second would not be repeated. It does so when it
 * is the one that gets hold of the file `token` in the folder. Who has passed writes down which
 * events it passed with, so that a second delivery is seen.
 */
import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { changeSource } from './change-source.ts';

const { searchParams } = new URL(import.meta.url);
const at = searchParams.get('at') ?? '';
const folder = searchParams.get('folder') ?? '';

interface Point {
  file: string;
  from: string;
  events: string;
}

const POINTS: Record<string, Point> = {
  /** The effect is committed, and the transport does not know that it was taken. */
  effect: {
    file: '/shared/events/src/consumer.ts',
    from: 'for (const failure of failures) options.onFailure(failure);',
    events: 'events',
  },
  /** The transport has the events, and the outbox does not know that they are sent. */
  confirm: {
    file: '/shared/events/src/relay.ts',
    from: 'const ids = rows.map((row) => row.id);',
    events: 'rows',
  },
};
const point = POINTS[at];
if (point === undefined || folder === '') {
  throw new Error(`crash-point.ts?at=${Object.keys(POINTS).join('|')}&folder=DIR`);
}

const token = join(folder, 'token');
function pass(events: { id: string }[]): void {
  const lines = events.map(({ id }) => `${id}\n`);
  appendFileSync(join(folder, `passed-${process.pid}`), lines.join(''));
  try {
    renameSync(token, join(folder, `taken-${process.pid}`));
  } catch {
    return;
  }
  process.kill(process.pid, 'SIGKILL');
}

/** Tells of each event that took effect, once that is committed: twice in a queue is wrong. */
function tookEffect(queue: string, events: { id: string }[]): void {
  const lines = events.map(({ id }) => `${queue} ${id}\n`);
  appendFileSync(join(folder, `effects-${process.pid}`), lines.join(''));
}

Object.assign(globalThis, { passCrashPoint: pass, tookEffect });
const { file, from, events } = point;
changeSource({ file, from, to: `globalThis.passCrashPoint(${events}); ${from}` });
if (at === 'effect') {
  const told = 'tx.afterCommit(() => options.onTaken?.(fresh.map(({ event }) => event)));';
  const tell =
    'tx.afterCommit(() => globalThis.tookEffect(options.queue, fresh.map(({ event }) => event)));';
  changeSource({ file, from: told, to: `${told} ${tell}` });
}
