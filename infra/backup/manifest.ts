/** What a backup consists of: the file that is written last and says that the others are whole. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const MANIFEST = 'manifest.json';

const BackedUpFile = z.strictObject({
  /** Below the backup's folder, and never out of it. */
  path: z.string().regex(/^[\w-]+(\.[\w-]+)*(\/[\w-]+(\.[\w-]+)*)*$/),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export const Manifest = z.strictObject({
  format: z.literal(1),
  /** All that was committed before this is in it. */
  began_at: z.iso.datetime(),
  /** Nothing that was committed after this is. */
  ended_at: z.iso.datetime(),
  /** The server's `server_version_num`, such as 180004. */
  postgres_version: z.int().positive(),
  /** The commit that ran. */
  revision: z.string(),
  start_lsn: z.string(),
  end_lsn: z.string(),
  timeline: z.int().positive(),
  files: z.array(BackedUpFile).min(1),
});
export type Manifest = z.infer<typeof Manifest>;
export type BackedUpFile = z.infer<typeof BackedUpFile>;

export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest('hex');
}

export function readManifest(backup: string): Manifest {
  let text: string;
  try {
    text = readFileSync(join(backup, MANIFEST), 'utf8');
  } catch {
    throw new Error(`${backup} has no ${MANIFEST}: it is no backup, or half of one.`);
  }
  try {
    return Manifest.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new Error(`${backup}/${MANIFEST} can't be read: ${why}`);
  }
}

/** What is wrong with the files of a backup, each as a sentence. */
export async function faultsOf(backup: string, files: readonly BackedUpFile[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { path, sha256 } of files) {
    const found = await hashOf(join(backup, path)).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error) faults.push(`${path}: ${found.code ?? found.message}`);
    else if (found !== sha256) faults.push(`${path}: is not what was written`);
  }
  return faults;
}
