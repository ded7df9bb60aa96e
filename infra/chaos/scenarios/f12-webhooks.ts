import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { send } from '../../../scripts/e2e/lib/http.ts';
import type { Office } from '../../../scripts/e2e/lib/office.ts';
import { holdsWithin } from '../../../scripts/waiting.ts';
import {
  areConfirmed,
  chargesOf,
  type Payable,
  payableCharters,
  pays,
  standings,
} from '../payable.ts';
import type { Platform } from '../platform.ts';
import type { Scenario, Stage } from '../scenario.ts';

/** Of each business: one paid at once, one after a decline, one whose webhook is there first. */
const CHARTERS = 3;
const ARRIVED_MS = 60_000;
const DECLINED = 'pm_card_visa_chargeDeclined';

interface Story {
  office: Office;
  charters: Payable[];
}

type EndState = Record<'standings' | 'told' | 'announced' | 'books' | 'charges', string>;

/** What one of the two has otherwise. */
const differences = (wanted: EndState, found: EndState): string[] =>
  (Object.keys(wanted) as (keyof EndState)[])
    .filter((part) => wanted[part] !== found[part])
    .map((part) => `${part}: ${found[part]} and not ${wanted[part]}`);

/** The same requests in both businesses: what differs is how the provider tells of them. */
async function payAll({ charters }: Story, beforeLast: () => Promise<unknown>): Promise<void> {
  const [plain, declined, last] = charters as [Payable, Payable, Payable];
  await pays(plain, randomUUID());
  await pays(declined, randomUUID(), DECLINED);
  await pays(declined, randomUUID());
  await beforeLast();
  await pays(last, randomUUID());
}

/**
 * All that the provider's word has changed, without ids and times. An account tells of itself
 * before anybody has written down whose it is: that may be taken or passed over.
 */
async function endState(platform: Platform, { office, charters }: Story): Promise<EndState> {
  const all = await standings(platform, charters);
  const of = [office.tenant_id];
  const told = await platform.rows(
    `SELECT type, count(DISTINCT event_id)::int AS events, count(*)::int AS rows
     FROM payments.provider_events WHERE tenant_id = $1 AND type NOT LIKE 'account.%'
     GROUP BY 1 ORDER BY 1`,
    of,
  );
  const announced = await platform.rows(
    `SELECT type, count(*)::int AS events FROM payments.outbox
     WHERE tenant_id = $1 GROUP BY 1 ORDER BY 1`,
    of,
  );
  const books = await platform.rows(
    `SELECT account_code, sum(debit_amount)::text AS debit, sum(credit_amount)::text AS credit
     FROM payments.ledger_entries WHERE tenant_id = $1 GROUP BY 1 ORDER BY 1`,
    of,
  );
  const charges = await chargesOf(platform, charters);
  return {
    standings: JSON.stringify(all.map(({ charter_id: _, ...standing }) => standing)),
    told: JSON.stringify(told),
    announced: JSON.stringify(announced),
    books: JSON.stringify(books),
    charges: JSON.stringify(charges),
  };
}

const isQuiet = async ({ stripe }: Platform) =>
  ((await stripe.get('/webhooks?limit=1')) as { undelivered: number }).undelivered === 0;

/** A success that nobody's card has paid for, signed as only somebody else would. */
async function forge({ platform, check }: Stage, charter: Payable): Promise<void> {
  const state = readFileSync(join(String(platform.addresses.DATA_DIR), 'state.json'), 'utf8');
  const { stripe_webhook_secret: secret } = JSON.parse(state);
  const [known] = await platform.rows<{ account: string; payment_id: string }>(
    `SELECT provider_account_id AS account, p.id AS payment_id
     FROM payments.provider_accounts a JOIN payments.payments p USING (tenant_id)
     WHERE p.booking_id = $1`,
    [charter.charter_id],
  );
  const id = `evt_forged_${randomUUID()}`;
  const intent = { object: 'payment_intent', status: 'succeeded', currency: 'usd' };
  const metadata = { payment_id: known?.payment_id };
  const data = { object: { ...intent, id: 'pi_forged', amount_received: 1, metadata } };
  const type = 'payment_intent.succeeded';
  const body = JSON.stringify({ id, object: 'event', type, account: known?.account, data });
  const now = Math.floor(Date.now() / 1_000);
  const sign = (at: number, key: string, text = body) =>
    `t=${at},v1=${createHmac('sha256', key).update(`${at}.${text}`).digest('hex')}`;
  const forgeries = {
    'by another secret': sign(now, 'whsec_guessed'),
    'ten minutes ago': sign(now - 600, secret),
    'for another body': sign(now, secret, `${body} `),
    'not at all': '',
  };
  for (const [how, signature] of Object.entries(forgeries)) {
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    const path = 'payments/webhooks/stripe';
    const { status } = await send({ method: 'POST', path, headers, bytes: body });
    check(`a webhook signed ${how} is refused`, status === 400, String(status));
  }
  const rows = await platform.rows(
    'SELECT event_id FROM payments.provider_events WHERE event_id = $1',
    [id],
  );
  check('and leaves nothing behind', rows.length === 0);
}

async function run(stage: Stage): Promise<void> {
  const { platform, rounds, fault, check, figure } = stage;
  const proxy = platform.proxies.stripe;
  if (proxy === undefined) throw new Error('There is no proxy before Stripe.');
  const total = rounds(5);
  let equal = 0;
  for (let round = 0; round < total; round += 1) {
    const calm: Story = await payableCharters(CHARTERS);
    const stormy: Story = await payableCharters(CHARTERS);
    await payAll(calm, async () => undefined);
    await fault('webhooks come late, three times and in any order', {}, async () => {
      await platform.stripe.control({ webhooks: { hold: true, duplicate: 3, shuffle: true } });
      await payAll(stormy, async () => {
        if (round === 0) await forge(stage, stormy.charters[0] as Payable);
        // What was held comes now, and of the last one before the answer to its charge.
        await proxy.set({ kind: 'latency', latency_ms: 1_500, jitter_ms: 0 });
        await platform.stripe.control({ webhooks: { hold: false } });
      });
      await proxy.heal();
    });
    const settled = async () =>
      (await isQuiet(platform)) &&
      areConfirmed(await standings(platform, [...calm.charters, ...stormy.charters]));
    const took = await holdsWithin(ARRIVED_MS, settled);
    await platform.stripe.control({ clear: true });
    check('every webhook is taken, and every charter confirmed', took !== undefined);
    const [wanted, found] = [await endState(platform, calm), await endState(platform, stormy)];
    const other = differences(wanted, found);
    if (other.length === 0) equal += 1;
    check('the end is that of the run in order', other.length === 0, other.join('; '));
  }
  figure('rounds with equal ends', `${equal}`, `${total}`);
}

/** Refunds and the cancellation of what was paid do not exist yet, nor do their webhooks. */
export const scenario: Scenario = {
  id: 'F12',
  sentence: 'Webhooks come three times, shuffled, late, before their charge and falsely signed.',
  needs: { proxies: ['stripe'] },
  run,
};
