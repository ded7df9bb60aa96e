/** What became of the writes: how many effects each has, as its kind finds them. */
import type { Write } from './load.ts';
import type { Kind } from './mix.ts';
import type { Look } from './platform.ts';

/** Enough for one statement. */
const BATCH = 2_000;

export interface Found {
  write: Write;
  effects: number;
}

async function effectsOf(kind: Kind, subjects: string[], look: Look): Promise<Map<string, number>> {
  const all = new Map<string, number>();
  for (let at = 0; at < subjects.length; at += BATCH) {
    const found = await kind.write?.effects(subjects.slice(at, at + BATCH), look);
    for (const [subject, effects] of found ?? []) all.set(subject, effects);
  }
  return all;
}

/** Of each write by whose subject something can be found. */
export async function effectsOfAll(writes: Write[], look: Look): Promise<Found[]> {
  const found: Found[] = [];
  for (const [kind, ofKind] of Map.groupBy(writes, (write) => write.kind)) {
    const known = ofKind.filter(({ subject }) => subject !== undefined);
    const effects = await effectsOf(kind, [...new Set(known.map(subjectOf))], look);
    for (const write of known) found.push({ write, effects: effects.get(subjectOf(write)) ?? 0 });
  }
  return found;
}

const subjectOf = ({ subject }: Write) => subject as string;

/** Short enough for a line, and enough to find it again. */
export const told = ({ write, effects }: Found) => ({
  kind: write.kind.name,
  ...{ subject: write.subject, key: write.key, state: write.state, times: write.times, effects },
  at_s: Number((write.at_ms / 1_000).toFixed(2)),
});
