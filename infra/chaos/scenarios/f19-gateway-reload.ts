import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, call } from '../../../scripts/e2e/lib/http.ts';
import { letsEverybodyIn } from '../../../scripts/e2e/lib/kong-files.ts';
import { nextAddress } from '../addresses.ts';
import type { Platform } from '../platform.ts';
import type { Scenario } from '../scenario.ts';

const EVERY_MS = 500;
/** Of 12,000 requests ten may fail (reliability catalogue). */
const MAY_FAIL = 10 / 12_000;
const PATHS = ['clients/clients', 'charters/charters', 'payments/payments', 'auth/me'];

/** The file as it is and one that would let everybody in, in turn. */
function reloads(platform: Platform) {
  const file = join(String(platform.addresses.DATA_DIR), 'kong.yml');
  const good = readFileSync(file, 'utf8');
  const bad = letsEverybodyIn(good);
  const load = (text: string) => {
    writeFileSync(`${file}.chaos`, text, { mode: 0o600 });
    renameSync(`${file}.chaos`, file);
    platform.signal('gateway', 'SIGHUP');
  };
  return { load: (turn: number) => load(turn % 3 === 1 ? bad : good), settle: () => load(good) };
}

/** The services verify tokens too: what counts is whether one was asked at all. */
const wentThrough = ({ status, headers }: Answer) =>
  status !== 401 || headers['x-kong-upstream-latency'] !== undefined;

export const scenario: Scenario = {
  id: 'F19',
  sentence: 'the gateway reloads its configuration again and again, also a wrong one',
  run: async ({ platform, load, seconds, random, fault, pause, check, figure }) => {
    const { load: reload, settle } = reloads(platform);
    const intruders: Answer[] = [];
    let asked = 0;
    const began = load.outcomes.length;
    await fault('reloads', {}, async () => {
      const until = load.now_ms() + seconds * 1_000;
      for (let turn = 0; load.now_ms() < until; turn += 1) {
        reload(turn);
        for (const path of PATHS) {
          const answer = await call({ method: 'GET', path, from: nextAddress() });
          asked += 1;
          if (answer.status !== 0 && wentThrough(answer)) intruders.push(answer);
        }
        await pause(random.below(EVERY_MS));
      }
      settle();
    });
    const meanwhile = load.outcomes.slice(began);
    const failed = meanwhile.filter(({ status }) => status === 0 || status >= 500);
    const allowed = Math.max(1, Math.ceil(meanwhile.length * MAY_FAIL));
    figure('failed meanwhile', `${failed.length} of ${meanwhile.length}`, '10 of 12,000');
    check('reloads are hardly noticed', failed.length <= allowed, JSON.stringify(failed[0]));
    figure('asked without a token', String(asked));
    check('nobody gets through without a token', intruders.length === 0, `${intruders[0]?.status}`);
  },
};
