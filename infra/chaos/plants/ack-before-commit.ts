/** A write with a key is acknowledged, and committed a moment later: a crash meanwhile loses it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { changeSource } from '../change-source.ts';
import { SET_UP } from '../plant.ts';

const setUp = join(new URL(import.meta.url).searchParams.get('scratch') ?? '', SET_UP);
Object.assign(globalThis, { isSetUp: () => existsSync(setUp) });

const file = '/shared/database/src/transaction.ts';
const LATE_MS = 250;

changeSource({
  file,
  from: 'async function attempt<T>(',
  to: `function attempt(...all) {
    return new Promise((answer, refuse) => attemptLate(answer, ...all).then(answer, refuse));
  }
  async function attemptLate<T>(answer,`,
});
changeSource({
  file,
  from: 'await tx.commit(closing?.(result) ?? []);',
  to: `const last = closing?.(result) ?? [];
    if (last.length > 0 && isSetUp()) {
      answer(result);
      await new Promise((go) => globalThis.setTimeout(go, ${LATE_MS}));
    }
    await tx.commit(last);`,
});
