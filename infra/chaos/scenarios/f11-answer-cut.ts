import { randomUUID } from 'node:crypto';
import {
  checkChargedOnce,
  confirmedWithin,
  ofPayments,
  payableCharters,
  pays,
  told,
} from '../payable.ts';
import type { ProxyFault } from '../proxy.ts';
import type { Scenario, Stage } from '../scenario.ts';

const SETTLED_MS = 60_000;

/** Before the first byte, within the head, and within the body of the answer. */
const cuts: ProxyFault[] = [0, 40, 700].map((bytes) => ({ kind: 'limit_data', bytes }));

async function run({ platform, rounds, fault, check, figure }: Stage) {
  const proxy = platform.proxies.stripe;
  if (proxy === undefined) throw new Error('There is no proxy before Stripe.');
  const each = Math.max(2, rounds(4));
  const { charters } = await payableCharters(cuts.length * each);
  // One that is paid in peace: the business has its account by then.
  const [calm, ...others] = charters;
  if (calm !== undefined) await pays(calm);
  const keys = others.map(() => randomUUID());
  // A webhook would tell of the charge before anybody has asked again.
  await platform.stripe.control({ webhooks: { hold: true } });
  let lost = 0;
  for (const [turn, cut] of cuts.entries()) {
    await fault('Stripe charges, and its answer is cut', { excuses: ofPayments }, async () => {
      await proxy.set(cut);
      const mine = others.filter((_, index) => index % cuts.length === turn);
      const answers = await Promise.all(
        mine.map((charter) => pays(charter, keys[others.indexOf(charter)])),
      );
      const open = answers.filter(({ body }) => body?.code === 'payment_outcome_unknown');
      lost += open.length;
      check('who pays is told that nobody knows', open.length === mine.length, told(answers));
      await proxy.heal();
    });
  }
  figure('answers cut', String(lost));
  const again = await Promise.all(others.map((charter, index) => pays(charter, keys[index])));
  const known = again.every(
    ({ status, body }) => status === 200 || body?.code === 'idempotency_key_in_use',
  );
  check('a retry with the same key is told of the charge', known, told(again));
  await platform.stripe.control({ webhooks: { hold: false } });
  const took = await confirmedWithin(SETTLED_MS, platform, charters);
  check('every charter is confirmed in the end', took !== undefined);
  await checkChargedOnce({ platform, check }, charters);
}

export const scenario: Scenario = {
  id: 'F11',
  sentence: 'Stripe charges, and the connection breaks before or within its answer.',
  needs: { proxies: ['stripe'] },
  run,
};
