/** What a healthy platform has none of, so that whoever watches for it has something to see. */
import { randomUUID } from 'node:crypto';
import { type Answer, call, until } from './http.ts';
import { anOffice, type Office, paymentLink } from './office.ts';
import { killHard } from './processes.ts';
import { check } from './tap.ts';

/** An address of its own, which nobody else's limits are counted by. */
const from = '127.99.0.1';

const accepts = (link: string) => {
  const body = { name: 'Pat Principal', terms_accepted: true };
  return call({ method: 'POST', path: `charters/public/quotes/${link}/accept`, body });
};

const payment = (item: string, payment_method = 'pm_card_visa') => ({ item, payment_method });

const pays = (link: string, payment_method?: string) => {
  const path = `payments/public/links/${link}/pay`;
  return call({
    method: 'POST',
    path,
    key: randomUUID(),
    body: payment('deposit', payment_method),
  });
};

const isPending = ({ body }: Answer) =>
  body.items?.some(({ kind, status }: Item) => kind === 'balance' && status === 'pending');

/** Asks the service itself, and goes while that waits for the provider. */
async function paysAndGoes(link: string): Promise<void> {
  const url = new URL(`/public/links/${link}/pay`, process.env.PAYMENTS_URL?.split(',')[0]);
  const going = new AbortController();
  const asked = fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify(payment('balance')),
    signal: going.signal,
  });
  const gone = asked.then(
    ({ status }) => status,
    () => 'gone',
  );
  await until({ method: 'GET', path: `payments/public/links/${link}` }, isPending);
  going.abort();
  check('a caller goes before the answer', (await gone) === 'gone');
}

const isGood = ({ status }: Answer) => status === 200;

interface Item {
  kind: string;
  status: string;
}

/** Two quotes for the one coach that the business has: the second client comes too late. */
async function aSlotIsRefused(office: Office) {
  const week = office.nextWeek();
  const [first, second] = [await office.sendsQuote(week), await office.sendsQuote(week)];
  await accepts(first.link);
  const { body } = await accepts(second.link);
  check('a slot is refused', body?.code === 'vehicle_taken', JSON.stringify(body));
  return { charter_id: first.charter_id, link: await paymentLink(first.link) };
}

/** Once the sweep has heard of the deposit: the trip is driven, and its invoice follows. */
async function aTripIsDone({ token }: Office, charter_id: string): Promise<void> {
  const charter = `charters/charters/${charter_id}`;
  const isConfirmed = ({ body }: Answer) => body?.status === 'confirmed';
  await until({ method: 'GET', path: charter, token }, isConfirmed);
  await until({ method: 'POST', path: `${charter}/start`, token }, isGood);
  await until({ method: 'POST', path: `${charter}/complete`, token }, isGood);
  const invoices = { method: 'GET', path: `payments/invoices?booking_id=${charter_id}`, token };
  const { body } = await until(invoices, (answer) => answer.body?.data?.length > 0);
  check('a trip is invoiced', body.data.length === 1);
}

const control = (body: object) =>
  fetch(new URL('/control', process.env.STRIPE_ADMIN_URL), {
    method: 'POST',
    body: JSON.stringify(body),
  });

/** A card that is declined, and those of which nobody knows until the sweep asks again. */
async function paymentsFail(link: string): Promise<void> {
  const declined = await pays(link, 'pm_card_chargeDeclined');
  check('a card is declined', declined.status === 402, JSON.stringify(declined.body));
  const silent = { path: '/v1/payment_intents', method: 'POST', times: 4, hang_ms: 8_000 };
  await control({ faults: [silent] });
  await paysAndGoes(link);
  const { body } = await pays(link);
  const code = 'payment_outcome_unknown';
  check('an outcome is unknown', body?.code === code, JSON.stringify(body));
  await control({ clear: true });
}

/** Tables come seldom, so their limit is the lowest; an empty one costs nobody anything. */
async function aLimitIsReached({ token }: Office): Promise<void> {
  const table = { method: 'POST', path: 'clients/imports', token, body: 'name\n' };
  const { status } = await until(table, (answer) => answer.status === 429);
  check('the edge reaches its limit', status === 429);
}

/** A service dies, and until it is there again the gateway has nobody to ask. */
async function aServiceIsAway({ token }: Office): Promise<void> {
  const asks = { method: 'GET', path: 'pricing/rate-cards', token };
  killHard('pricing');
  const answer = await until(asks, ({ status }) => status >= 500);
  check('the gateway does not reach a service', answer.status === 502, `${answer.status}`);
  // Where the machine has much else to do, a start takes longer than one patience.
  await until(asks, isGood).catch(() => until(asks, isGood));
}

export async function plantTroubles(): Promise<void> {
  const office = await anOffice({ from });
  const { charter_id, link } = await aSlotIsRefused(office);
  await paymentsFail(link);
  await aTripIsDone(office, charter_id);
  await aServiceIsAway(office);
  await aLimitIsReached(office);
  await call({ method: 'GET', path: 'clients/clients', token: 'nobodys' });
}
