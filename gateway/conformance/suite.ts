import { readFileSync } from 'node:fs';
import type { Logger } from '@roundhouse/service/log';
import { parse, stringify } from 'yaml';
import { createGateway } from '../src/gateway.ts';
import { compareResponse, compareUpstream, Matcher } from './compare.ts';
import { differences, leftOut } from './differences.ts';
import { claimPort } from './ports.ts';
import { expand, type RecordedCase, readRecording } from './recording.ts';
import { send } from './send.ts';
import { createKeys, createRecordedToken, type Keys } from './tokens.ts';
import { startUpstreams, type Upstreams } from './upstreams.ts';

export type Result = {
  name: string;
  outcome: 'met' | 'failed' | 'left out' | 'differs on purpose';
  details: string[];
};

/** The clock that the gateway lives by: another machine's is waited for, our own is simply set. */
export type SuiteClock = {
  now(): number;
  /** Comes at the start of a second that has room for the next cases. */
  nextSecond(): Promise<void>;
  /** Comes when the minute has room for the next cases. */
  roomyMinute(): Promise<void>;
};

export type Gate = { base: URL; upstreams: Upstreams; keys: Keys; clock: SuiteClock };

const CASES_IN_ONE_SECOND = 'rate limit second 2 and minute 100: request 1 in one second';
const CASE_OF_THE_NEXT_SECOND = 'rate limit second 2 and minute 100: next second is admitted again';
const CASES_IN_ONE_MINUTE = 'rate limit minute 3 by ip: request 1 is admitted';
const VERSION = /kong\/3\.9\.\d+/g;

/** The suite's kong.yml with the public keys, as the launcher renders them into ours. */
export function renderConfiguration({ a, b }: Keys): string {
  const text = readFileSync(new URL('kong.yml', import.meta.url), 'utf8');
  const document = parse(text, { version: '1.1' }) as { consumers: Record<string, unknown>[] };
  const secret = (key: string, pem: string) => ({ key, algorithm: 'RS256', rsa_public_key: pem });
  const secrets = [secret('kid-a', a.publicKey), secret('kid-b', b.publicKey)];
  document.consumers = document.consumers.map((consumer) => ({
    ...consumer,
    jwt_secrets: secrets,
  }));
  return stringify(document, { version: '1.1', aliasDuplicateObjects: false });
}

function frozenClock(): SuiteClock {
  let now = Math.floor(Date.now() / 60_000) * 60_000;
  return {
    now: () => now,
    async nextSecond() {
      now += 1000;
    },
    async roomyMinute() {
      // The frozen minute never ends.
    },
  };
}

/** The embedded gateway, its services and its clock, on free ports. */
export async function startEmbedded(logger: Logger): Promise<Gate & { close(): Promise<void> }> {
  const upstreams = await startUpstreams(false);
  const keys = createKeys();
  const clock = frozenClock();
  const gateway = createGateway({
    config: renderConfiguration(keys),
    upstreams: upstreams.addresses,
    logger,
    clock: () => clock.now(),
  });
  const port = await claimPort((candidate) => gateway.listen(candidate, '127.0.0.1'));
  return {
    base: new URL(`http://127.0.0.1:${port}`),
    upstreams,
    keys,
    clock,
    async close() {
      await gateway.close();
      await upstreams.close();
    },
  };
}

/** The case with this run's tokens, port and version text in place of the recorded ones. */
function translate(recorded: RecordedCase, { base, keys, clock }: Gate): RecordedCase {
  const tokens = new Map<string, string>();
  const now = Math.floor(clock.now() / 1000);
  const text = JSON.stringify(recorded).replace(/<jwt:([a-z0-9-]+)>/g, (_, name: string) => {
    const token = tokens.get(name) ?? createRecordedToken(name, keys, now);
    tokens.set(name, token);
    return token;
  });
  const translated = JSON.parse(text.replace(VERSION, 'kong/3.9.3')) as RecordedCase;
  for (const header of translated.upstream?.headers ?? []) {
    if (header[0] === 'X-Forwarded-Port') header[1] = base.port;
  }
  if (translated.upstream?.url) translated.upstream.url = expand(translated.upstream.url);
  return translated;
}

function sameVersion(headers: string[]): string[] {
  return headers.map((text) => text.replace(VERSION, 'kong/3.9.3'));
}

async function keepTime(name: string, clock: SuiteClock): Promise<void> {
  if (name === CASES_IN_ONE_MINUTE) await clock.roomyMinute();
  if (name === CASES_IN_ONE_SECOND || name.startsWith(CASE_OF_THE_NEXT_SECOND)) {
    await clock.nextSecond();
  }
}

async function runCase(recorded: RecordedCase, gate: Gate): Promise<Result> {
  const { name } = recorded;
  const reason = leftOut.find(({ applies }) => applies(recorded))?.reason;
  if (reason !== undefined) return { name, outcome: 'left out', details: [reason] };
  await keepTime(name, gate.clock);
  const translated = translate(recorded, gate);
  const received = await send(translated, gate.base);
  if (received.head) received.head.headers = sameVersion(received.head.headers);
  const seen = gate.upstreams.takeSeen();
  for (const sighting of seen) sighting.headers = sameVersion(sighting.headers);
  const matcher = new Matcher();
  const details = [
    ...compareResponse(translated, received, matcher),
    ...compareUpstream(translated, seen, matcher),
  ];
  if (details.length === 0) return { name, outcome: 'met', details };
  const difference = differences.find((candidate) => candidate.name === name);
  return difference?.status === received.head?.status
    ? { name, outcome: 'differs on purpose', details: [difference?.reason ?? ''] }
    : { name, outcome: 'failed', details };
}

/** Runs all cases in the recorded order; one after the other, since the limits count them. */
export async function runSuite(gate: Gate): Promise<Result[]> {
  const results: Result[] = [];
  for (const recorded of readRecording()) {
    const result = await runCase(recorded, gate).catch(
      (error: Error): Result => ({
        name: recorded.name,
        outcome: 'failed',
        details: [error.message],
      }),
    );
    results.push(result);
  }
  return results;
}
