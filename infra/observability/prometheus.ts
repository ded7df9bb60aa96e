import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePorts } from '../launcher/ports.ts';

export const hasPrometheus = (): boolean =>
  ['prometheus', 'promtool'].every((tool) => spawnSync(tool, ['--version']).status === 0);

export interface Sample {
  metric: Record<string, string>;
  value: number;
}

/** A real Prometheus of one's own, with its data in a folder that goes with it. */
export interface Prometheus {
  /** Rejects where the query is none. */
  ask(query: string): Promise<Sample[]>;
  /** Labels of the series that a selector finds. */
  series(selector: string): Promise<Record<string, string>[]>;
  get(path: string): Promise<unknown>;
  stop(): Promise<void>;
}

interface Vector {
  result: { metric: Record<string, string>; value: [number, string] }[];
}

const READY_MS = 30_000;

async function untilReady(url: string, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`Prometheus does not start:\n${said()}`);
    }
    await setTimeout(100);
  }
}

export async function startPrometheus(config: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-prometheus-'));
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, config);
  const listen = `127.0.0.1:${await freePorts()()}`;
  const options = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${listen}`,
    '--log.level=warn',
  ];
  const child = spawn('prometheus', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://${listen}`;
  try {
    await untilReady(url, child, () => said);
  } catch (error) {
    await stop();
    throw error;
  }
  const get = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${url}/api/v1/${path}`);
    const body = (await answer.json()) as { status: string; data: unknown; error?: string };
    if (body.status !== 'success') throw new Error(body.error);
    return body.data;
  };
  return {
    get,
    stop,
    ask: async (query) => {
      const { result } = (await get(`query?query=${encodeURIComponent(query)}`)) as Vector;
      return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    series: async (selector) =>
      (await get(`series?match[]=${encodeURIComponent(selector)}`)) as Record<string, string>[],
  };
}
