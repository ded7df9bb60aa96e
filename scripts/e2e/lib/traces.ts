/**
 * Two requests of the story, each with a trace that the client began: an acceptance, which three
 * services hear of and work on, and a quote, for which one service asks another. The spans must
 * hang together by their parents, and hold nothing of what was sent. Then the collector refuses and
 * goes away, and nobody notices.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type CollectedSpan, otlpCollector } from '@roundhouse/testing/otlp-collector';
import { startPlatform } from '../../test-platform.ts';
import { stopOnSignals } from '../../test-processes.ts';
import { call, send } from './http.ts';
import { anOffice, paymentLink } from './office.ts';
import { check, finish } from './tap.ts';

const PATIENCE_MS = 30_000;
const card = 'pm_card_visa';

stopOnSignals(1);

const collector = await otlpCollector();

/** What a client that traces sends, with a trace of its own for each request. */
function aTrace() {
  const [trace_id, span_id] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { trace_id, span_id, traceparent: `00-${trace_id}-${span_id}-01` };
}

async function post(path: string, body: object, more: Record<string, string> = {}) {
  const trace = aTrace();
  const { traceparent } = trace;
  const headers = { 'content-type': 'application/json', traceparent, ...more };
  const answer = await send({ method: 'POST', path, headers, bytes: JSON.stringify(body) });
  return { ...trace, answer };
}

/** The span of this service and name whose parent is the one named; waits until it has come. */
async function below(parent_id: string, service: string, name: string | RegExp) {
  const fits = (span: CollectedSpan) =>
    span.parent_id === parent_id &&
    span.service === service &&
    (typeof name === 'string' ? span.name === name : name.test(span.name));
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const span = collector.spans.find(fits);
    if (span !== undefined || performance.now() > deadline) return span;
    await setTimeout(50);
  }
}

/** Follows the steps downwards from the client's span, one line for each. */
async function follow(
  { trace_id, span_id }: { trace_id: string; span_id: string },
  steps: [service: string, name: string | RegExp, what: string][],
): Promise<CollectedSpan | undefined> {
  let parent: CollectedSpan | undefined;
  for (const [service, name, what] of steps) {
    const span = await below(parent?.span_id ?? span_id, service, name);
    const told = collector.spans
      .filter((one) => one.trace_id === trace_id)
      .map((one) => `${one.service} ${one.name}`)
      .join('; ');
    check(what, span !== undefined && span.trace_id === trace_id, told);
    if (span === undefined) return undefined;
    parent = span;
  }
  return parent;
}

async function acceptance(): Promise<string[]> {
  const office = await anOffice();
  const { link } = await office.sendsQuote(office.nextWeek());
  const name = `Signed ${randomUUID()}`;
  const accepted = await post(`charters/public/quotes/${link}/accept`, {
    ...{ name, terms_accepted: true },
  });
  check('a client that traces accepts a quote', accepted.answer.status === 200);
  const toBookings: Parameters<typeof follow>[1] = [
    ['gateway', /^POST /, "the gateway's span goes on with the client's trace"],
    ['bookings', 'POST /public/quotes/:token/accept', "the service's is below it"],
    ['bookings', 'transaction', 'the transaction is below that'],
  ];
  const transaction = await follow(accepted, toBookings);
  check(
    'which says how many trips it took',
    Number(transaction?.attributes['roundhouse.db.trips']) >= 2,
  );
  const announced = await below(
    transaction?.span_id ?? '',
    'bookings',
    'create bookings.charter.accepted.v1',
  );
  check('the announcement is below the transaction', announced?.kind === 4);
  const processed = await below(
    announced?.span_id ?? '',
    'payments',
    'process bookings.charter.accepted.v1',
  );
  const isConsumer = processed?.kind === 5 && processed.trace_id === accepted.trace_id;
  check('and payments, which hears of it, is below the announcement', isConsumer);
  const scheduled = await below(processed?.span_id ?? '', 'payments', /^create payments\./);
  const heard = await below(scheduled?.span_id ?? '', 'bookings', /^process payments\./);
  const isBack = heard !== undefined && heard.trace_id === accepted.trace_id;
  check('what payments announces then comes back to bookings in the same trace', isBack);

  const pay = await paymentLink(link);
  const paid = await post(`payments/public/links/${pay}/pay`, {
    ...{ item: 'deposit', payment_method: card },
  });
  await follow(paid, [
    ['gateway', /^POST /, 'a payment is followed'],
    ['payments', 'POST /public/links/:token/pay', 'to its service'],
    ['payments', 'stripe charge', 'and to the provider'],
  ]);
  return [link, pay, card, name, office.owner.email, office.owner.password, office.token];
}

async function quote(): Promise<string[]> {
  const office = await anOffice();
  const { charter_id } = await office.sendsQuote(office.nextWeek());
  const authorization = `Bearer ${office.token}`;
  const quoted = await post(`charters/charters/${charter_id}/quotes`, {}, { authorization });
  check('an office that traces asks for a quote', quoted.answer.status === 201);
  await follow(quoted, [
    ['gateway', /^POST /, 'the gateway is seen'],
    ['bookings', 'POST /charters/:id/quotes', 'and bookings'],
    ['bookings', /^POST \/.*price/, 'which calls pricing'],
    ['pricing', /^POST \/.*price/, 'which is below the call, in its own process'],
  ]);
  return [charter_id, office.token, office.owner.email];
}

/** With the trace of each request left to the client, and the log as it is told of. */
async function silentCollector(data: string): Promise<void> {
  collector.answer(503);
  const office = await anOffice();
  collector.answer(undefined);
  await office.sendsQuote(office.nextWeek());
  await collector.close();
  const { link } = await office.sendsQuote(office.nextWeek());
  const path = `charters/public/quotes/${link}`;
  const { status } = await call({ method: 'GET', path });
  check('a collector that refuses, is silent or away is nothing to a request', status === 200);
  const log = readFileSync(join(data, 'logs/bookings.log'), 'utf8');
  const lines = log.split('\n').flatMap((line) => (line.startsWith('{') ? JSON.parse(line) : []));
  const traced = lines.filter(({ event, trace_id }) => event === 'request_answered' && trace_id);
  check('each line of a request names its trace', traced.length > 0);
}

Object.assign(process.env, {
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_BSP_SCHEDULE_DELAY: '100',
});
const platform = await startPlatform(`${import.meta.dirname}/../../start`, ['--no-demo']);
try {
  Object.assign(process.env, platform.addresses);
  const canaries = [...(await acceptance()), ...(await quote())];
  const told = collector.bytes();
  const leaked = canaries.filter((canary) => told.includes(canary));
  check('no span has a link, a token, a name, a card or an id that was sent', leaked.length === 0);
  check('a span that has one would be seen', told.includes('stripe charge'));
  const kinds = new Set(collector.spans.map(({ service }) => service));
  const wanted = ['gateway', 'auth', 'bookings', 'clients', 'payments', 'pricing'];
  const silent = wanted.filter((service) => !kinds.has(service));
  check('each process of the platform has sent spans', silent.length === 0, silent.join(', '));
  await silentCollector(String(platform.addresses.DATA_DIR));
} finally {
  await platform.stop();
}
finish();
