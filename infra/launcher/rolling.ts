import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessSpec, Supervisor } from './supervisor.ts';
import { writeWhole } from './write-whole.ts';

/** Where `scripts/restart` reads how it went: `ok …` or `failed: …`. */
const restartedFile = (data: string): string => join(data, 'restarted');

export interface RollingOptions {
  data: string;
  services: ProcessSpec[];
  instances: number;
  supervised: Pick<Supervisor, 'restart'>;
  say: (line: string) => void;
}

/**
 * Answers what restarts all services, one process after the other, each only when the one before
 * is ready again. Asked again meanwhile, it goes on: who asked hears of the end of that one.
 */
export function rollingRestart(options: RollingOptions): () => Promise<void> {
  const { data, services, instances, supervised, say } = options;
  let under_way: Promise<void> | undefined;

  const tell = (outcome: string) => {
    writeWhole(restartedFile(data), `${outcome}\n`);
    say(`Rolling restart: ${outcome}`);
  };

  const roll = async () => {
    rmSync(restartedFile(data), { force: true });
    if (instances === 1) {
      say('Each service is one process: while it drains and restarts its requests get a 502.');
    }
    const began = performance.now();
    for (const spec of services) {
      say(`Restarting ${spec.name}`);
      await supervised.restart(spec);
    }
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    tell(`ok, ${services.length} processes in ${seconds} s`);
  };

  return () => {
    under_way ??= roll()
      .catch((error: unknown) => tell(`failed: ${(error as Error).message}`))
      .finally(() => {
        under_way = undefined;
      });
    return under_way;
  };
}
