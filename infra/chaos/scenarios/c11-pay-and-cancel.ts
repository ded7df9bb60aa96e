import { served } from '../../../scripts/e2e/lib/http.ts';
import { anOffice } from '../../../scripts/e2e/lib/office.ts';
import { nextAddress } from '../addresses.ts';
import { accepts, chargesOf, payableCharters, pays, standings, told } from '../payable.ts';
import type { Scenario, Stage } from '../scenario.ts';

const AT_ONCE = 25;
const many = <T>(make: () => Promise<T>) => Promise.all(Array.from({ length: AT_ONCE }, make));

const cancels = (token: string, charter_id: string) =>
  served({
    ...{ method: 'POST', path: `charters/charters/${charter_id}/cancel`, token },
    body: { reason: 'The class stays at home.' },
  });

/** Fifty payments of one deposit and as many cancellations: it is paid once, and not canceled. */
async function payAndCancel({ platform, check }: Stage): Promise<void> {
  const { office, charters } = await payableCharters(1);
  const [charter] = charters;
  if (charter === undefined) return;
  const [paid, again, canceled] = await Promise.all([
    many(() => pays(charter)),
    many(() => pays(charter)),
    many(() => cancels(office.token, charter.charter_id)),
  ]);
  const payments = [...paid, ...again];
  const known = new Set(['payment_in_progress', 'item_already_paid']);
  const good = payments.every(({ status, body }) => status === 200 || known.has(body?.code));
  check('each payment is the one or is told of it', good, told(payments));
  check(
    'one gets through',
    payments.some(({ status }) => status === 200),
    told(payments),
  );
  const refused = canceled.every(({ status }) => status === 409);
  check('what was accepted is not canceled', refused, told(canceled));
  const [charges] = await chargesOf(platform, charters);
  check('the card is charged once', charges === 1, String(charges));
  const [standing] = await standings(platform, charters);
  const stands = `${standing?.payments}` === 'succeeded' && standing?.charter !== 'canceled';
  check('and never for a canceled charter', stands, JSON.stringify(standing));
}

/** Acceptances and cancellations of one quoted charter: one of them wins, with all it entails. */
async function acceptAndCancel({ platform, check }: Stage): Promise<boolean> {
  const office = await anOffice({ from: nextAddress() });
  const offer = await office.sendsQuote(office.nextWeek());
  const [accepted, canceled] = await Promise.all([
    many(() => accepts(offer)),
    many(() => cancels(office.token, offer.charter_id)),
  ]);
  const wins = (answers: { status: number }[]) =>
    answers.filter(({ status }) => status === 200).length;
  const [yes, no] = [wins(accepted), wins(canceled)];
  const one = yes + no === 1 && [...accepted, ...canceled].every(({ status }) => status < 500);
  check('one of them wins', one, `${told(accepted)}; canceled: ${told(canceled)}`);
  const [standing] = await standings(platform, [offer]);
  const fits =
    yes === 1
      ? standing?.charter === 'accepted' && standing.allocations.length === 1
      : standing?.charter === 'canceled' && standing.allocations.length === 0;
  check('and all of it', fits, JSON.stringify(standing));
  return yes === 1;
}

async function run(stage: Stage): Promise<void> {
  const total = stage.rounds(20);
  let accepted = 0;
  for (let round = 0; round < total; round += 1) {
    await payAndCancel(stage);
    if (await acceptAndCancel(stage)) accepted += 1;
  }
  stage.figure('accepted of accept against cancel', `${accepted}`, `of ${total}`);
}

/** A charter that was accepted can't be canceled yet: the race with a refund comes with that. */
export const scenario: Scenario = {
  id: 'C11',
  sentence:
    'Fifty pay one deposit while others cancel the charter; and some accept what others cancel.',
  per_second: 20,
  run,
};
