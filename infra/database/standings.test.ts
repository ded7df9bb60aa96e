import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from '@roundhouse/database';
import { type Subscription, takeTogether } from '@roundhouse/events';
import type { EventType } from '@roundhouse/events/schema';
import { type LoadedTrust, startTrust } from '@roundhouse/service/trust';
import { freshDatabase, type TestDatabase } from '@roundhouse/testing';
import fc from 'fast-check';
import { repository, serviceFolders } from './services.ts';

/**
 * Each service by its own subscriptions, in its own schema: whatever auth tells, doubled and in any
 * order, everybody who is to be refused is, and nobody else.
 */
const hearing = serviceFolders().filter(({ name }) => name !== 'auth');

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

interface Told {
  id: string;
  event: EventType;
  data: object;
}

const { SessionEnded, SubjectChanged, TenantStandingChanged }: Record<string, EventType> =
  await import(join(repository, 'services/auth/src/events.ts'));

const told = (event: EventType | undefined, data: object): Told => ({
  id: randomUUID(),
  event: event as EventType,
  data,
});

/** A business with somebody for each fate, and what auth says of them, in its order. */
function aStory(tenant_id: string) {
  const [loggedOut, deactivated, lowered, back, stays] = Array.from({ length: 5 }, () =>
    randomUUID(),
  ) as [string, string, string, string, string];
  const sessions = { ended: randomUUID(), other: randomUUID() };
  const subject = (subject_id: string, token_version: number, active: boolean) =>
    told(SubjectChanged, { subject_id, kind: 'user', token_version, active });
  const standing = (version: number, suspended: boolean) =>
    told(TenantStandingChanged, {
      ...{ id: tenant_id, suspended, requests_per_minute: null, version },
    });
  return {
    ...{ loggedOut, deactivated, lowered, back, stays, sessions },
    events: [
      told(SessionEnded, { session_id: sessions.ended, user_id: loggedOut }),
      subject(deactivated, 2, false),
      subject(lowered, 2, true),
      subject(back, 2, false),
      subject(back, 3, true),
      standing(2, true),
      standing(3, false),
    ],
    suspends: standing(4, true),
  };
}

describe.each(hearing)('$name', ({ name, folder }) => {
  const queue = name;
  let take: (tenant_id: string, events: Told[]) => Promise<void>;
  let trust: LoadedTrust;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const { subscriptions }: { subscriptions: Subscription[] } = await import(
      join(folder, 'src/subscriptions.ts')
    );
    const app = connect({ url: database.url(`${name}_app`), max: 2 });
    const worker = connect({ url: database.url(`${name}_worker`), max: 1 });
    trust = startTrust(worker, () => undefined);
    take = async (tenantid, events) => {
      const options = { database: app, queue, subscriptions };
      const consumer = { ...options, transport: undefined as never, onFailure: () => undefined };
      const time = Temporal.Now.instant().toString();
      await takeTogether(
        consumer,
        events.map(({ id, event: { type }, data }) => ({
          ...{ specversion: '1.0', id, source: '/services/auth', type, subject: tenantid, time },
          ...{ tenantid, datacontenttype: 'application/json', data },
        })) as never,
      );
      await trust.load();
    };
    stop = async () => {
      await trust.stop();
      await Promise.all([app.close(), worker.close()]);
    };
  });
  afterAll(() => stop());

  test('refuses whom auth has revoked, however often and in what order it is told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), async (chance) => {
        const tenant_id = randomUUID();
        const story = aStory(tenant_id);
        const doubled = [...story.events, ...story.events]
          .map((event) => ({ event, at: chance.next().value as number }))
          .sort((one, other) => one.at - other.at)
          .map(({ event }) => event);
        for (const event of doubled) await take(tenant_id, [event]);
        const admits = (sub: string, ver: number, sid: string = randomUUID()) => {
          try {
            trust.admit({ sub, sid, ver, tenant_id });
            return 'in';
          } catch (error) {
            return (error as { code: string }).code;
          }
        };
        expect(admits(story.loggedOut, 1, story.sessions.ended)).toBe('token_revoked');
        expect(admits(story.loggedOut, 1, story.sessions.other)).toBe('in');
        expect(admits(story.deactivated, 1)).toBe('token_revoked');
        expect(admits(story.deactivated, 2)).toBe('token_revoked');
        expect([admits(story.lowered, 1), admits(story.lowered, 2)]).toEqual([
          'token_revoked',
          'in',
        ]);
        expect([admits(story.back, 2), admits(story.back, 3)]).toEqual(['token_revoked', 'in']);
        expect(admits(story.stays, 1)).toBe('in');
        await take(tenant_id, [story.suspends]);
        expect(admits(story.stays, 1)).toBe('tenant_suspended');
      }),
      { numRuns: 5 },
    );
  });
});
