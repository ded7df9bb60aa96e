/**
 * The mixed load as an open loop: each request is sent when its time has come, whatever became of
 * those before, and is timed from then.
 */
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { type Answer, type Call, call } from '../../scripts/e2e/lib/http.ts';
import { nextAddress } from './addresses.ts';
import type { Business } from './businesses.ts';
import type { Kind, Planned } from './mix.ts';
import type { Random } from './random.ts';

/** Longer than the gateway waits for a service that is connected and silent. */
const ANSWER_MS = 35_000;
const FIRST_RETRY_MS = 250;
/** As clients do: whoever is busy is not helped by being asked more often. */
const LAST_RETRY_MS = 4_000;
/** What is unknown has this long to be answered, once the load has ended. */
const CONVERGE_MS = 60_000;

/** One request of the load, as its sender saw it. */
export interface Outcome {
  kind: string;
  services: readonly string[];
  business: string;
  /** When it was to be sent, on the load's clock. */
  at_ms: number;
  /** From then to its answer. */
  took_ms: number;
  /** 0 where none came. */
  status: number;
  code: string | undefined;
  request_id: string | undefined;
  /** Whether the machine had far more to do than it has processors: it may then refuse as busy. */
  crowded: boolean;
}

/** A write, and what is known of it. */
export interface Write {
  kind: Kind;
  /** Undefined where it is not asked again. */
  key: string | undefined;
  request: Call;
  /** `unknown` until a 2xx or a refusal came. */
  state: 'acknowledged' | 'refused' | 'unknown';
  /** Undefined where only an answer would have told it. */
  subject: string | undefined;
  business: string;
  /** How often it was sent. */
  times: number;
  at_ms: number;
}

export interface LoadOptions {
  businesses: Business[];
  kinds: Kind[];
  per_second: number;
  random: Random;
}

export interface Load {
  businesses: Business[];
  /** Milliseconds since it began. */
  now_ms(): number;
  outcomes: Outcome[];
  writes: Write[];
  /** By kind, the codes that are a good answer too. */
  refusals: Map<string, readonly string[]>;
  /** Of all requests so far, those under way. */
  under_way(): number;
  /** Sends no more; resolves when all is answered, and the unknown has converged or given up. */
  end(): Promise<void>;
}

/** Waiting or running, for each processor; our own load on a quiet machine stays below. */
const CROWD = 4;
const isCrowded = () => (loadavg()[0] ?? 0) > CROWD * availableParallelism();

const isGood = ({ status }: Answer) => status >= 200 && status < 300;
const IN_USE = 'idempotency_key_in_use';
/** Whatever is no answer about the request itself: asked again, it may come. */
const isOpen = ({ again = [] }: Kind, { status, body }: Answer) =>
  status === 0 ||
  status >= 500 ||
  [408, 429].includes(status) ||
  [IN_USE, ...again].includes(body?.code);

interface Sending {
  kind: Kind;
  planned: Planned;
  write: Write | undefined;
}

function settle({ kind, planned, write }: Sending, answer: Answer): void {
  const { subject } = planned;
  const repeated = write !== undefined && write.times > 1 && kind.write?.repeated;
  if (isGood(answer) || (repeated && answer.body?.code === repeated)) {
    if (write !== undefined) {
      write.state = 'acknowledged';
      if (typeof subject === 'function') write.subject = subject(answer);
    }
    planned.done?.(answer);
    return;
  }
  if (isOpen(kind, answer)) return;
  if (write !== undefined) write.state = 'refused';
  if (kind.refusals?.includes(answer.body?.code)) planned.refused?.(answer);
}

/** Everything of one run that its requests share. */
interface Run {
  options: LoadOptions;
  now_ms(): number;
  outcomes: Outcome[];
  writes: Write[];
  choices: { kind: Random; business: Random; key: Random };
  /** When nobody insists any more, by `performance.now()`. */
  give_up_at: number;
  number: number;
}

/** A kind that has nothing to do at the moment passes its turn to another one. */
function choose({ options, choices, number }: Run) {
  for (;;) {
    const business = choices.business.weighted(options.businesses);
    const kind = choices.kind.weighted(options.kinds);
    const turn = { business, token: business.nextToken(), random: choices.kind, number };
    const planned = kind.plan(turn);
    if (planned !== undefined) return { kind, business, planned };
  }
}

/** What a client does whose answer did not come: the same again, with the same key. */
async function insist(run: Run, sending: Sending, write: Write): Promise<void> {
  while (write.state === 'unknown' && performance.now() < run.give_up_at) {
    await setTimeout(Math.min(FIRST_RETRY_MS * 2 ** (write.times - 1), LAST_RETRY_MS));
    write.times += 1;
    settle(sending, await call({ ...write.request, from: nextAddress() }));
  }
}

async function send(run: Run, due_ms: number): Promise<void> {
  const { now_ms, outcomes, writes, choices } = run;
  const { kind, business, planned } = choose(run);
  const retried = kind.write?.retried === true;
  const key = retried ? choices.key.uuid() : undefined;
  const request = { ...planned.request, key, from: nextAddress(), timeout_ms: ANSWER_MS };
  const subject = typeof planned.subject === 'string' ? planned.subject : undefined;
  const made = { kind, key, request, subject, business: business.name, at_ms: due_ms };
  const write: Write | undefined = kind.write && { ...made, state: 'unknown', times: 1 };
  if (write !== undefined) writes.push(write);
  const sending = { kind, planned, write };

  const answer = await call(request);
  const { status, body, headers } = answer;
  outcomes.push({
    ...{ kind: kind.name, services: kind.services, business: business.name },
    ...{ at_ms: due_ms, took_ms: now_ms() - due_ms, status, code: body?.code },
    request_id: headers['x-request-id'] as string | undefined,
    crowded: isCrowded(),
  });
  settle(sending, answer);
  if (!isOpen(kind, answer)) return;
  if (retried && write !== undefined) await insist(run, sending, write);
  if (write === undefined || write.state === 'unknown') planned.unknown?.();
}

/** Starts at once; at a rate of 0 it sends nothing, and has its clock. */
export function startLoad(options: LoadOptions): Load {
  const { kinds, per_second, random } = options;
  const began = performance.now();
  const fork = (name: string) => random.fork(name);
  const run: Run = {
    options,
    now_ms: () => performance.now() - began,
    ...{ outcomes: [], writes: [], give_up_at: Number.POSITIVE_INFINITY, number: 0 },
    choices: { kind: fork('kinds'), business: fork('businesses'), key: fork('keys') },
  };
  const arrivals = fork('arrivals');
  const running = new Set<Promise<void>>();
  let ended = per_second === 0;

  const drive = async () => {
    for (let due_ms = 0; !ended; due_ms += arrivals.exponential(1_000 / per_second)) {
      const wait_ms = due_ms - run.now_ms();
      if (wait_ms > 0) await setTimeout(wait_ms);
      if (ended) return;
      run.number += 1;
      const sent = send(run, due_ms).finally(() => running.delete(sent));
      running.add(sent);
    }
  };
  const driving = drive();

  return {
    businesses: options.businesses,
    now_ms: run.now_ms,
    outcomes: run.outcomes,
    writes: run.writes,
    refusals: new Map(
      kinds.map(({ name, refusals = [], again = [] }) => [name, [IN_USE, ...refusals, ...again]]),
    ),
    under_way: () => running.size,
    end: async () => {
      ended = true;
      run.give_up_at = performance.now() + CONVERGE_MS;
      await driving;
      await Promise.all(running);
    },
  };
}
