/**
 * The mixed load as an open loop: each request is sent when its time has come, whatever became of
 * those before, and is timed from then.
 */
import { setTimeout } from 'node:timers/promises';
import { type Answer, type Call, call } from '../../scripts/e2e/lib/http.ts';
import { nextAddress } from './addresses.ts';
import type { Business } from './businesses.ts';
import type { Kind, Planned } from './mix.ts';
import type { Random } from './random.ts';

/** Longer than the gateway waits for a service that is connected and silent. */
const ANSWER_MS = 35_000;
const RETRY_MS = 250;
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
}

/** A write, and what is known of it. */
export interface Write {
  kind: Kind;
  key: string;
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
  /** Milliseconds since it began. */
  now_ms(): number;
  outcomes: Outcome[];
  writes: Write[];
  /** Of all requests so far, those under way. */
  under_way(): number;
  /** Sends no more; resolves when all is answered, and what was unknown has converged or given up. */
  end(): Promise<void>;
}

const isGood = ({ status }: Answer) => status >= 200 && status < 300;
/** Whatever is not an answer about the request itself: asked again, it may come. */
const isOpen = ({ status, body }: Answer) =>
  status === 0 || status >= 500 || status === 429 || body?.code === 'idempotency_key_in_use';

interface Sending {
  kind: Kind;
  planned: Planned;
  write: Write | undefined;
}

function settle({ kind, planned, write }: Sending, answer: Answer): void {
  const { subject } = planned;
  if (isGood(answer)) {
    if (write !== undefined) {
      write.state = 'acknowledged';
      if (typeof subject === 'function') write.subject = subject(answer);
    }
    planned.then?.(answer);
    return;
  }
  if (isOpen(answer)) return;
  if (write !== undefined) write.state = 'refused';
  if (kind.refusals?.includes(answer.body?.code)) planned.refused?.(answer);
}

/** Starts at once. */
export function startLoad(options: LoadOptions): Load {
  const { businesses, kinds, per_second, random } = options;
  const began = performance.now();
  const now_ms = () => performance.now() - began;
  const choices = { kind: random.fork('kinds'), business: random.fork('businesses') };
  const arrivals = random.fork('arrivals');
  const keys = random.fork('keys');
  const outcomes: Outcome[] = [];
  const writes: Write[] = [];
  const running = new Set<Promise<void>>();
  let give_up_at = Number.POSITIVE_INFINITY;
  let ended = false;
  let number = 0;

  /** A kind that has nothing to do at the moment passes its turn to another one. */
  const choose = (): Sending & { business: Business } => {
    for (;;) {
      const business = choices.business.weighted(businesses);
      const kind = choices.kind.weighted(kinds);
      const turn = { business, token: business.nextToken(), random: choices.kind, number };
      const planned = kind.plan(turn);
      if (planned !== undefined) return { kind, business, planned, write: undefined };
    }
  };

  const insist = async (sending: Sending, write: Write) => {
    while (write.state === 'unknown' && performance.now() < give_up_at) {
      await setTimeout(RETRY_MS);
      write.times += 1;
      settle(sending, await call({ ...write.request, from: nextAddress() }));
    }
  };

  const send = async (due_ms: number) => {
    const sending = choose();
    const { kind, business, planned } = sending;
    const key = kind.write?.retried === true ? { key: keys.uuid() } : {};
    const request = { ...planned.request, ...key, from: nextAddress(), timeout_ms: ANSWER_MS };
    const { subject } = planned;
    const write: Write | undefined = kind.write && {
      ...{ kind, key: key.key ?? '', request, state: 'unknown', business: business.name, times: 1 },
      ...{ subject: typeof subject === 'string' ? subject : undefined, at_ms: due_ms },
    };
    if (write !== undefined) writes.push(write);
    sending.write = write;
    const answer = await call(request);
    const { status, body, headers } = answer;
    const request_id = headers['x-request-id'] as string | undefined;
    const asked = { kind: kind.name, services: kind.services, business: business.name };
    const took_ms = now_ms() - due_ms;
    outcomes.push({ ...asked, at_ms: due_ms, took_ms, status, code: body?.code, request_id });
    settle(sending, answer);
    if (!isOpen(answer)) return;
    if (write !== undefined && kind.write?.retried === true) await insist(sending, write);
    if (write === undefined || write.state === 'unknown') planned.unknown?.();
  };

  const drive = async () => {
    for (let due_ms = 0; !ended; due_ms += arrivals.exponential(1_000 / per_second)) {
      const wait_ms = due_ms - now_ms();
      if (wait_ms > 0) await setTimeout(wait_ms);
      if (ended) return;
      number += 1;
      const sent = send(due_ms).finally(() => running.delete(sent));
      running.add(sent);
    }
  };
  const driving = drive();

  return {
    now_ms,
    outcomes,
    writes,
    under_way: () => running.size,
    end: async () => {
      ended = true;
      give_up_at = performance.now() + CONVERGE_MS;
      await driving;
      await Promise.all(running);
    },
  };
}
