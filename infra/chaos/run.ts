/** Runs one scenario on a platform, under its load, and judges what is left of it. */
import { setTimeout } from 'node:timers/promises';
import { drained } from '../../scripts/verify-state.ts';
import type { Business } from './businesses.ts';
import { effectsOfAll } from './effects.ts';
import { type Load, startLoad } from './load.ts';
import type { Kind } from './mix.ts';
import type { Platform } from './platform.ts';
import { type Random, seeded } from './random.ts';
import type { Fault, Scenario, Stage } from './scenario.ts';
import type { Case, Line } from './verdict.ts';

const AFTER_MS = 5_000;
/** Before the first fault and after the last one the load goes on undisturbed. */
const AROUND_MS = 2_000;
/** Twice the goal: a machine that is busy with other things is no fault of ours. */
const DRAIN_MS = 60_000;

export interface RunOptions {
  scenario: Scenario;
  seed: number;
  platform: Platform;
  businesses: Business[];
  kinds: Kind[];
  lines: Line[];
  per_second: number;
  seconds: number;
}

export interface Result {
  scenario: string;
  sentence: string;
  seed: number;
  transport: string;
  /** By column. */
  cells: Record<string, string>;
  /** What is wrong, by the sentence that does not hold. */
  wrong: { sentence: string; rows: unknown[] }[];
  figures: { what: string; value: string; goal: string | undefined }[];
  seconds: number;
}

interface Notes {
  faults: Fault[];
  wrong: Result['wrong'];
  figures: Result['figures'];
}

function stageOf(options: RunOptions, load: Load, random: Random, notes: Notes): Stage {
  const { platform, seconds } = options;
  return {
    ...{ platform, load, random, seconds },
    rounds: (full) => Math.max(1, Math.round((full * seconds) / 60)),
    pause: async (ms) => {
      await setTimeout(ms);
    },
    fault: async (name, { excuses = () => true, also = () => false, after_ms = AFTER_MS }, act) => {
      const fault = { name, excuses, also, after_ms, began_ms: load.now_ms(), ended_ms: Infinity };
      notes.faults.push(fault);
      try {
        return await act();
      } finally {
        fault.ended_ms = load.now_ms();
      }
    },
    check: (what, holds, detail) => {
      if (!holds) notes.wrong.push({ sentence: what, rows: [detail ?? 'it does not hold'] });
    },
    figure: (what, value, goal) => notes.figures.push({ what, value, goal }),
  };
}

/** Whatever it did, a scenario leaves a platform whose processes are all there. */
async function allReady({ processes, postgres, ready }: Platform): Promise<void> {
  await postgres.ready();
  await Promise.all(processes.map((name) => ready(name)));
}

async function judge(lines: Line[], run: Case, notes: Notes): Promise<Record<string, string>> {
  const cells: Record<string, string> = {};
  for (const { column, sentence, judge } of lines) {
    const { figure, wrong } = await judge(run);
    cells[column] = figure;
    if (wrong.length > 0) notes.wrong.push({ sentence, rows: wrong });
  }
  return cells;
}

async function play(stage: Stage, scenario: Scenario): Promise<void> {
  const loaded = scenario.load !== 'none';
  if (loaded) await stage.pause(AROUND_MS);
  try {
    await scenario.run(stage);
    await allReady(stage.platform);
  } catch (error) {
    stage.check('the scenario comes to its end', false, (error as Error).stack);
  }
  if (loaded) await stage.pause(AROUND_MS + AFTER_MS);
}

export async function runScenario(options: RunOptions): Promise<Result> {
  const { scenario, seed, platform, businesses, lines } = options;
  const began = performance.now();
  const random = seeded(seed).fork(scenario.id);
  const loaded = scenario.load !== 'none';
  const load = startLoad({
    businesses,
    kinds: options.kinds,
    per_second: loaded ? (scenario.per_second ?? options.per_second) : 0,
    random: random.fork('load'),
  });
  const notes: Notes = { faults: [], wrong: [], figures: [] };
  await play(stageOf(options, load, random.fork('scenario'), notes), scenario);
  await load.end();
  const ended = performance.now();
  await drained(platform.rows, DRAIN_MS);
  const drain_ms = performance.now() - ended;
  const found = await effectsOfAll(load.writes, platform);
  const run = { platform, scenario, load: loaded ? load : undefined, found, drain_ms };
  const cells = await judge(lines, { ...run, faults: notes.faults }, notes);
  const { id, sentence } = scenario;
  return {
    ...{ scenario: id, sentence, seed, transport: platform.transport, cells },
    ...{ wrong: notes.wrong, figures: notes.figures },
    seconds: (performance.now() - began) / 1_000,
  };
}
