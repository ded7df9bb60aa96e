/**
 * Kills each process that takes part in a write of the story, between request and answer, and lets
 * the story go on: the same request with the same key until it is answered.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { seeded } from '../../../infra/chaos/random.ts';
import { rateCards, trip, vehicleTypes } from '../../../infra/demo/charter-company.ts';
import { type Answer, type Call, call, until } from './http.ts';
import { paymentLink, signUpBody, tokenOf } from './office.ts';
import { killHard, pidOf } from './processes.ts';
import { check, finish, note } from './tap.ts';

const SEED = Number(process.env.SEED ?? 20_261_121);
const MAX_ROUNDS = 12;
note(`seed ${SEED}`);
const random = seeded(SEED);

/** What one telling of the story has learnt so far. */
// biome-ignore lint/suspicious/noExplicitAny: a bag of whatever the answers were.
type Story = Record<string, any>;

interface Write {
  name: string;
  /** Owner, callees and consumers of what is announced. */
  parts: string[];
  request: (story: Story) => Call;
  /** Keeps what later steps need; waits for what comes by event. */
  after: (story: Story, answer: Answer) => Promise<void> | void;
  /** What a repetition without a key may be told when the first one had its effect. */
  repeated?: { code: string; instead: (story: Story) => Call };
}

const post = (path: string, story: Story, body?: unknown): Call => ({
  method: 'POST',
  path,
  token: story.token,
  body,
});
const agreed = { name: 'Pat Principal', terms_accepted: true };
const card = (item: string) => ({ item, payment_method: 'pm_card_visa' });

const becomes = (story: Story, status: string) =>
  until(
    { method: 'GET', path: `charters/charters/${story.charter}`, token: story.token },
    (answer) => answer.body?.status === status,
  );

const writes: Write[] = [
  {
    name: 'sign up',
    parts: ['auth', 'clients', 'bookings', 'pricing', 'payments'],
    request: (story) => ({ method: 'POST', path: 'auth/signup', body: story.business }),
    after: (story, { body }) => {
      story.token = body.access_token;
    },
    repeated: {
      code: 'subdomain_taken',
      instead: ({ business: { email, password } }) => ({
        method: 'POST',
        path: 'auth/login',
        body: { email, password },
      }),
    },
  },
  {
    name: 'client',
    parts: ['clients', 'bookings'],
    request: (story) => post('clients/clients', story, { name: 'Riverside High School' }),
    after: (story, { body }) => {
      story.client = body.id;
    },
  },
  {
    name: 'vehicle type',
    parts: ['bookings'],
    request: (story) => post('bookings/vehicle-types', story, vehicleTypes[0]),
    after: () => undefined,
  },
  {
    name: 'coach',
    parts: ['bookings'],
    request: (story) =>
      post('bookings/resources', story, { vehicle_type: 'coach_56', name: 'Coach 1' }),
    after: () => undefined,
  },
  {
    name: 'rate card',
    parts: ['pricing'],
    request: (story) => post('pricing/rate-cards', story, rateCards[0]),
    after: () => undefined,
  },
  {
    name: 'inquiry',
    parts: ['bookings'],
    request: (story) => post('charters/charters', story, { client_id: story.client, ...trip(0) }),
    after: (story, { body }) => {
      story.charter = body.id;
    },
  },
  {
    name: 'quote',
    parts: ['bookings', 'pricing'],
    request: (story) => post(`charters/charters/${story.charter}/quotes`, story),
    after: (story, { body }) => {
      story.quote = body.id;
    },
  },
  {
    name: 'send',
    parts: ['bookings'],
    request: (story) => post(`charters/quotes/${story.quote}/send`, story),
    after: (story, { body }) => {
      story.link = tokenOf(body.public_url);
    },
  },
  {
    name: 'accept',
    parts: ['bookings', 'payments'],
    request: ({ link }) => post(`charters/public/quotes/${link}/accept`, {}, agreed),
    after: async (story) => {
      story.payment = await paymentLink(story.link);
    },
  },
  {
    name: 'pay the deposit',
    parts: ['payments', 'bookings', 'stripe'],
    request: ({ payment }) => post(`payments/public/links/${payment}/pay`, {}, card('deposit')),
    after: async (story) => {
      await becomes(story, 'confirmed');
    },
  },
  {
    name: 'start',
    parts: ['bookings'],
    request: (story) => post(`charters/charters/${story.charter}/start`, story),
    after: () => undefined,
  },
  {
    name: 'complete',
    parts: ['bookings', 'payments'],
    request: (story) => post(`charters/charters/${story.charter}/complete`, story),
    after: () => undefined,
  },
  {
    name: 'pay the balance',
    parts: ['payments', 'stripe'],
    request: ({ payment }) => post(`payments/public/links/${payment}/pay`, {}, card('balance')),
    after: () => undefined,
  },
];

/**
 * How long each write takes undisturbed, so that the blow falls inside of it. The first telling
 * finds every process cold; a blow that came too late has seen the answer's true time.
 */
const usual_ms = new Map<string, number>();

/** What a client does whose answer did not come: the same again, with the same key. */
async function insist(write: Write, request: Call, story: Story): Promise<Answer> {
  const done = ({ status, body }: Answer) =>
    (status >= 200 && status < 300) ||
    (write.repeated !== undefined && body?.code === write.repeated.code);
  const answer = await until(request, done);
  if (answer.status < 300 || write.repeated === undefined) return answer;
  return until(write.repeated.instead(story), ({ status }) => status === 200);
}

interface Blow {
  /** The request was on its way, and its answer had not come. */
  open: boolean;
}

/** Sends the request, kills the process in the middle, and gets the answer all the same. */
async function strike(write: Write, victim: string, story: Story): Promise<Blow> {
  const request = { ...write.request(story), key: randomUUID() };
  const sent_at = performance.now();
  let took_ms: number | undefined;
  const first = call(request).then((answer) => {
    took_ms = performance.now() - sent_at;
    return answer;
  });
  await setTimeout(random.next() * (usual_ms.get(write.name) ?? 5));
  const open = took_ms === undefined;
  if (took_ms !== undefined) usual_ms.set(write.name, took_ms);
  const killed = killHard(victim);
  const answer = await first;
  const fine = answer.status >= 200 && answer.status < 300;
  await write.after(story, fine ? answer : await insist(write, request, story));
  return { open: open && killed };
}

async function tellQuietly(): Promise<void> {
  const story: Story = { business: signUpBody() };
  for (const write of writes) {
    const sent_at = performance.now();
    const request = { ...write.request(story), key: randomUUID() };
    const answer = await insist(write, request, story);
    usual_ms.set(write.name, performance.now() - sent_at);
    await write.after(story, answer);
  }
  await becomes(story, 'completed');
}

const hits = new Map<string, number>();
const pairs = writes.flatMap((write) => write.parts.map((part) => `${write.name} / ${part}`));

/** One telling: at each write one of its parts that was not hit yet dies. */
async function tellUnderFire(): Promise<void> {
  const story: Story = { business: signUpBody() };
  for (const write of writes) {
    const victim = write.parts.find((part) => !hits.has(`${write.name} / ${part}`));
    if (victim === undefined) {
      const request = { ...write.request(story), key: randomUUID() };
      await write.after(story, await insist(write, request, story));
      continue;
    }
    while (pidOf(victim) === undefined) await setTimeout(50);
    const { open } = await strike(write, victim, story);
    const pair = `${write.name} / ${victim}`;
    if (open) hits.set(pair, (hits.get(pair) ?? 0) + 1);
  }
  await becomes(story, 'completed');
}

await tellQuietly();
let rounds = 0;
while (hits.size < pairs.length && rounds < MAX_ROUNDS) {
  await tellUnderFire();
  rounds += 1;
}
const total = [...hits.values()].reduce((all, count) => all + count, 0);
note(`${total} kills hit an open request in ${rounds} tellings`);
for (const pair of pairs) {
  check(`killed in the middle of ${pair}, and the story went on`, hits.has(pair));
}
finish();
