/**
 * Moves the wall clock of the one process that preloads it (`--import clock.ts?offset=FILE`), by
 * the milliseconds that the file holds; looks again every 50 ms, so that the clock jumps while the
 * process runs. What is measured by a monotonic clock (timers, `performance.now`) stays right.
 */
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 50;
const file = new URL(import.meta.url).searchParams.get('offset');
if (file === null) throw new Error('clock.ts?offset=FILE says where the offset stands.');

let offset_ms = 0;
function look(): void {
  try {
    const told = Number(readFileSync(file as string, 'utf8'));
    if (Number.isFinite(told)) offset_ms = told;
  } catch {
    // Nobody has moved it yet.
  }
}
look();
setInterval(look, LOOK_EVERY_MS).unref();

const RealDate = Date;
const realNow = Date.now;
const now = () => realNow() + offset_ms;
RealDate.now = now;

const MovedDate = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
});
RealDate.prototype.constructor = MovedDate;
globalThis.Date = MovedDate;

const realInstant = Temporal.Now.instant;
const instant = () => realInstant().add({ milliseconds: offset_ms });
const zoned = (zone = Temporal.Now.timeZoneId()) => instant().toZonedDateTimeISO(zone);
Object.assign(Temporal.Now, {
  instant,
  zonedDateTimeISO: zoned,
  plainDateTimeISO: (zone?: string) => zoned(zone).toPlainDateTime(),
  plainDateISO: (zone?: string) => zoned(zone).toPlainDate(),
  plainTimeISO: (zone?: string) => zoned(zone).toPlainTime(),
});

const origin = performance.timeOrigin;
Object.defineProperty(performance, 'timeOrigin', { get: () => origin + offset_ms });
