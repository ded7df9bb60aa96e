import { randomUUID } from 'node:crypto';
import {
  checkChargedOnce,
  confirmedWithin,
  ofPayments,
  payableCharters,
  pays,
  standings,
  told,
} from '../payable.ts';
import type { Scenario, Stage } from '../scenario.ts';

/** Longer than a client waits, with what a busy machine adds. */
const PATIENCE_MS = 10_000;
const SETTLED_MS = 60_000;

async function run({ platform, rounds, seconds, pause, fault, check, figure }: Stage) {
  const proxy = platform.proxies.stripe;
  if (proxy === undefined) throw new Error('There is no proxy before Stripe.');
  const { charters } = await payableCharters(rounds(10));
  const keys = charters.map(() => randomUUID());
  let slowest = 0;
  const pay = () =>
    Promise.all(
      charters.map(async (charter, index) => {
        const sent_at = performance.now();
        const answer = await pays(charter, keys[index]);
        slowest = Math.max(slowest, performance.now() - sent_at);
        return answer;
      }),
    );

  // A webhook would tell of what arrived late before the sweep has asked again.
  await platform.stripe.control({ webhooks: { hold: true } });
  const first = await fault('Stripe does not answer', { excuses: ofPayments }, async () => {
    await proxy.set({ kind: 'black_hole' });
    const answers = await pay();
    await pause(seconds * 500);
    const held = await standings(platform, charters);
    const waits = held.every(
      ({ charter, payments, allocations }) =>
        charter === 'accepted' && `${payments}` === 'pending' && `${allocations}` === 'held',
    );
    check('meanwhile each payment is pending and each vehicle held', waits, JSON.stringify(held));
    await proxy.heal();
    return answers;
  });
  const open = first.every(({ body }) => body?.code === 'payment_outcome_unknown');
  check('who pays is told that nobody knows', open, told(first));
  check('and told so soon', slowest < PATIENCE_MS, `${slowest.toFixed()} ms`);
  figure('slowest payment', `${(slowest / 1_000).toFixed(1)} s`, '3 s');

  const took = await confirmedWithin(SETTLED_MS, platform, charters);
  check('the sweep settles them by itself', took !== undefined);
  if (took !== undefined) figure('settled after', `${(took / 1_000).toFixed(1)} s`, '60 s');
  await platform.stripe.control({ webhooks: { hold: false } });
  const again = await pay();
  const paid = again.every(({ status }) => status === 200);
  check('a repeat with the same key is told of the success', paid, told(again));
  await checkChargedOnce({ platform, check }, charters);
}

export const scenario: Scenario = {
  id: 'F10',
  sentence: 'Stripe takes every request and answers none; what was sent arrives later.',
  needs: { proxies: ['stripe'] },
  run,
};
