import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../database/services.ts';
import type { Platform } from './platform.ts';

/** What an operator does; answers what the command said. */
export async function replay({ addresses }: Platform, since: Temporal.Instant): Promise<string> {
  const command = join(repository, 'infra/events/replay.ts');
  const args = [command, '--since', since.toString(), '--data', String(addresses.DATA_DIR)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout.trim().replaceAll('\n', ', ');
}
