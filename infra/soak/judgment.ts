/** Whether a platform stayed as it was: what rises under a steady load is a leak. */
import { type Point, percentile, slopeOf, sorted } from '../bench/statistics.ts';
import type { Sample } from './samples.ts';

/** Until then caches fill, code is compiled and pools open. */
const SETTLED_AFTER_MINUTES = 3;
/** Of a run too short for that. */
const SETTLED_AFTER_PART = 0.4;
const MEMORY_MB_A_MINUTE = 1;
/** A single one comes and goes. */
const HANDLES_A_MINUTE = 1;
const CONNECTIONS_A_MINUTE = 0.5;
/** An event waits for company for a tenth of a second, and for a poll of a second at most. */
const OLDEST_UNSENT_SECONDS = 10;
/** The last third's p95 beside the first one's. */
const SLOWER_TIMES = 1.5;
/** Differences below are the machine's own. */
const NOTICEABLE_MS = 20;
const FEWEST_SAMPLES = 6;

export interface Judged {
  what: string;
  /** As the table shows it. */
  figure: string;
  limit: string;
  good: boolean;
}

/** When what happens begins to count, in minutes. */
export const settledAfter = (minutes: number): number =>
  Math.min(SETTLED_AFTER_MINUTES, minutes * SETTLED_AFTER_PART);

const plain = (value: number) => value.toFixed(Math.abs(value) < 10 ? 2 : 0);

interface Series {
  what: string;
  unit: string;
  points: Point[];
  /** A minute. */
  most: number;
}

/**
 * A leak rises all the time: what rises in one half alone has taken a step, as auth does when one
 * more password is hashed at once than ever before (19 MiB, kept for the next time).
 */
function riseOf(points: readonly Point[]): number {
  const middle = Math.ceil(points.length / 2);
  return Math.min(...[points, points.slice(0, middle), points.slice(middle)].map(slopeOf));
}

function judgeSeries({ what, unit, points, most }: Series): Judged {
  const slope = riseOf(points);
  const [first, last] = [points[0]?.value ?? Number.NaN, points.at(-1)?.value ?? Number.NaN];
  return {
    what,
    figure: `${plain(first)} to ${plain(last)}${unit}, ${slope >= 0 ? '+' : ''}${plain(slope)}/min`,
    limit: `< ${most}${unit}/min`,
    good: points.length >= FEWEST_SAMPLES && slope < most,
  };
}

function judgeProcess(name: string, samples: readonly Sample[]): Judged[] {
  const seen = samples.map(({ minutes, processes }) => ({ minutes, one: processes[name] }));
  const pids = new Set(seen.map(({ one }) => one?.pid));
  const of = (figure: 'memory_mb' | 'handles') =>
    seen.flatMap(({ minutes, one }) =>
      one === undefined ? [] : [{ at: minutes, value: one[figure] }],
    );
  const memory = { what: `${name}: memory`, unit: ' MB', most: MEMORY_MB_A_MINUTE };
  const handles = { what: `${name}: open handles`, unit: '', most: HANDLES_A_MINUTE };
  return [
    judgeSeries({ ...memory, points: of('memory_mb') }),
    judgeSeries({ ...handles, points: of('handles') }),
    ...(pids.size === 1
      ? []
      : [
          {
            ...{ what: `${name}: one process all the time`, good: false },
            ...{ figure: `${pids.size} processes`, limit: '1' },
          },
        ]),
  ];
}

export interface Timed {
  /** Since the load began. */
  minutes: number;
  took_ms: number;
}

function judgeLatency(timed: readonly Timed[], from: number, to: number): Judged {
  const third = (to - from) / 3;
  const p95 = (since: number) => {
    const within = timed.filter(({ minutes }) => minutes >= since && minutes < since + third);
    return percentile(sorted(within.map(({ took_ms }) => took_ms)), 0.95);
  };
  const [first, last] = [p95(from), p95(to - third)];
  return {
    what: 'latency, p95 of the first and of the last third',
    figure: `${plain(first)} to ${plain(last)} ms`,
    limit: `< ${SLOWER_TIMES} times, or ${NOTICEABLE_MS} ms more`,
    good: timed.length > 0 && last < Math.max(first * SLOWER_TIMES, first + NOTICEABLE_MS),
  };
}

function judgeOutbox(samples: readonly Sample[]): Judged {
  const oldest = Math.max(...samples.map((sample) => sample.oldest_unsent_seconds));
  const most = Math.max(...samples.map((sample) => sample.unsent_events));
  return {
    what: 'outbox: the oldest unsent event',
    figure: `${plain(oldest)} s (${most} unsent at most)`,
    limit: `< ${OLDEST_UNSENT_SECONDS} s`,
    good: oldest < OLDEST_UNSENT_SECONDS,
  };
}

/** Of the time after which all has settled; a process that ended in it is no process that leaks. */
export function judge(samples: readonly Sample[], timed: readonly Timed[]): Judged[] {
  const to = samples.at(-1)?.minutes ?? 0;
  const from = settledAfter(to);
  const settled = samples.filter(({ minutes }) => minutes >= from);
  const names = [...new Set(samples.flatMap(({ processes }) => Object.keys(processes)))];
  const connections = settled.map(({ minutes, connections: value }) => ({ at: minutes, value }));
  return [
    {
      ...{ what: 'samples after all had settled', figure: String(settled.length) },
      ...{ limit: `≥ ${FEWEST_SAMPLES}`, good: settled.length >= FEWEST_SAMPLES },
    },
    ...names.flatMap((name) => judgeProcess(name, settled)),
    judgeSeries({
      ...{ what: 'connections to Postgres', unit: '', most: CONNECTIONS_A_MINUTE },
      points: connections,
    }),
    judgeOutbox(settled),
    judgeLatency(timed, from, to),
  ];
}

export function tableOf(judged: readonly Judged[]): string {
  const rows = judged.map(
    ({ what, figure, limit, good }) =>
      `| ${what} | ${figure} | ${limit} | ${good ? 'good' : 'RED'} |`,
  );
  return ['| what | found | limit | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
