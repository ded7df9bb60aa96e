import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from '@roundhouse/database';
import { defineEvent } from '@roundhouse/events/schema';
import {
  accessToken,
  anActor,
  freshDatabase,
  machineToken,
  type ServedService,
  serve,
} from '@roundhouse/testing';
import fc from 'fast-check';
import { z } from 'zod';
import { defineContract } from '../src/contract.ts';
import { createService, type ServiceDependencies } from '../src/service.ts';
import { standingSubscriptions } from '../src/standings.ts';
import { startTrust } from '../src/trust.ts';

// A service of a few lines, in the schema of clients: under test is what all services share.
const Done = z.object({ done: z.literal(true) });
const contract = defineContract('clients', {
  read: {
    method: 'get',
    path: '/things',
    summary: 'Read',
    permission: 'clients:read',
    status: 200,
    response: Done,
  },
  write: {
    method: 'post',
    path: '/things',
    summary: 'Write',
    permission: 'clients:write',
    status: 200,
    response: Done,
  },
  byLink: {
    method: 'get',
    path: '/public/:tenant/:kind',
    summary: 'Enter as who opens a link, or as a provider',
    public: true,
    params: z.object({ tenant: z.uuid(), kind: z.enum(['link', 'provider']) }),
    status: 200,
    response: Done,
  },
});
const done = { done: true as const };
const createApp = (dependencies: ServiceDependencies) =>
  createService(
    contract,
    {
      read: async () => done,
      write: async () => done,
      byLink: async ({ params }, { enter }) => {
        enter(params.tenant, { kind: params.kind, id: null });
        return done;
      },
    },
    dependencies,
  );

/** As auth declares them; `shared/` knows no service. */
const events = {
  SessionEnded: defineEvent(
    'auth.session.ended.v1',
    z.object({ session_id: z.uuid(), user_id: z.uuid() }),
    { session_id: randomUUID(), user_id: randomUUID() },
  ),
  SubjectChanged: defineEvent(
    'auth.subject.changed.v1',
    z.object({ subject_id: z.uuid(), token_version: z.int(), active: z.boolean() }),
    { subject_id: randomUUID(), token_version: 2, active: true },
  ),
  TenantStandingChanged: defineEvent(
    'auth.tenant.standing_changed.v1',
    z.object({
      id: z.uuid(),
      suspended: z.boolean(),
      requests_per_minute: z.int().nullable(),
      version: z.int(),
    }),
    { id: randomUUID(), suspended: true, requests_per_minute: null, version: 2 },
  ),
};

let service: ServedService<typeof contract>;
beforeAll(async () => {
  service = await serve({ contract, createApp, subscriptions: standingSubscriptions(events) });
});
afterAll(() => service.stop());

const reads = async (token: string) => {
  const { status, code } = await anActor(contract, {
    base_url: service.base_url,
    tenant_id: randomUUID(),
    token,
  }).tries('read', {});
  return status === 200 ? 'lets in' : `${status} ${code}`;
};

/** A user of a tenant, and the tokens that auth would give. */
function aUser(tenant_id = randomUUID()) {
  const user_id = randomUUID();
  const session_id = randomUUID();
  return {
    tenant_id,
    user_id,
    session_id,
    token: (token_version = 1) =>
      accessToken({ tenant_id, user_id, session_id, roles: ['owner'], token_version }),
    endsSession: (id?: string) =>
      service.hears(events.SessionEnded, {
        tenant_id,
        data: { session_id, user_id },
        ...(id === undefined ? {} : { id }),
      }),
    changes: (token_version: number, active = true, id?: string) =>
      service.hears(events.SubjectChanged, {
        tenant_id,
        data: { subject_id: user_id, token_version, active },
        ...(id === undefined ? {} : { id }),
      }),
    stands: (version: number, suspended: boolean, requests_per_minute: number | null = null) =>
      service.hears(events.TenantStandingChanged, {
        tenant_id,
        data: { id: tenant_id, suspended, requests_per_minute, version },
      }),
  };
}

describe('a session that has ended', () => {
  test('lets nobody in with its tokens, new ones neither, and others stay', async () => {
    const user = aUser();
    const elsewhere = { ...aUser(user.tenant_id), user_id: user.user_id };
    expect(await reads(user.token())).toBe('lets in');
    const id = await user.endsSession();
    await user.endsSession(id);
    await user.endsSession();
    expect(await reads(user.token())).toBe('401 token_revoked');
    expect(await reads(user.token(9))).toBe('401 token_revoked');
    expect(await reads(elsewhere.token())).toBe('lets in');
  });
});

describe('a subject that has changed', () => {
  test('is let in with what was issued since, and not with what was before', async () => {
    const user = aUser();
    await user.changes(3);
    expect(await reads(user.token(2))).toBe('401 token_revoked');
    expect(await reads(user.token(3))).toBe('lets in');
    expect(await reads(user.token(4))).toBe('lets in');
  });

  test('is not let in at all while it is not active, and again afterwards', async () => {
    const user = aUser();
    await user.changes(2, false);
    expect(await reads(user.token(2))).toBe('401 token_revoked');
    await user.changes(3, true);
    expect(await reads(user.token(2))).toBe('401 token_revoked');
    expect(await reads(user.token(3))).toBe('lets in');
  });

  test('is judged by the highest version, in whatever order and how often it is told', async () => {
    const told = fc.constantFrom([2, true], [3, false], [4, true]) as fc.Arbitrary<
      [number, boolean]
    >;
    await fc.assert(
      fc.asyncProperty(fc.array(told, { maxLength: 6 }), async (more) => {
        const user = aUser();
        const all: [number, boolean][] = [...more, [4, true], [3, false], [2, true]];
        for (const [version, active] of all) await user.changes(version, active);
        expect(await reads(user.token(3))).toBe('401 token_revoked');
        expect(await reads(user.token(4))).toBe('lets in');
      }),
      { numRuns: 15 },
    );
  });

  test('may be a machine, whose session has its own id', async () => {
    const tenant_id = randomUUID();
    const client_id = randomUUID();
    const token = (token_version: number, scopes = ['clients:read']) =>
      machineToken({ tenant_id, client_id, scopes, token_version });
    expect(await reads(token(1))).toBe('lets in');
    expect(await reads(token(1, ['clients:*', '*', 'clients:write']))).toBe(
      '403 permission_missing',
    );
    expect(await reads(token(1, []))).toBe('403 permission_missing');
    await service.hears(events.SubjectChanged, {
      tenant_id,
      data: { subject_id: client_id, token_version: 2, active: true },
    });
    expect(await reads(token(1))).toBe('401 token_revoked');
    expect(await reads(token(2))).toBe('lets in');
  });
});

describe('a tenant', () => {
  const byLink = async (tenant: string, kind: 'link' | 'provider') => {
    const { status, code } = await service.stranger().tries('byLink', { params: { tenant, kind } });
    return status === 200 ? 'lets in' : `${status} ${code}`;
  };

  test('that is suspended is shut for tokens and links, and for providers it is not', async () => {
    const user = aUser();
    await user.stands(2, true);
    expect(await reads(user.token())).toBe('403 tenant_suspended');
    expect(await byLink(user.tenant_id, 'link')).toBe('403 tenant_suspended');
    expect(await byLink(user.tenant_id, 'provider')).toBe('lets in');
    expect(await reads(aUser().token())).toBe('lets in');
  });

  test('that is restored is open again, also where it is told the other way round', async () => {
    const user = aUser();
    await user.stands(3, false);
    await user.stands(2, true);
    await user.stands(3, false);
    expect(await reads(user.token())).toBe('lets in');
    expect(await byLink(user.tenant_id, 'link')).toBe('lets in');
  });

  test("has its own number of requests a minute, and no other tenant's storm uses it", async () => {
    const user = aUser();
    await user.stands(2, false, 3);
    const statuses = [];
    for (let call = 0; call < 8; call += 1) statuses.push(await reads(user.token()));
    // A minute may end in the middle, once.
    expect(statuses.filter((status) => status === 'lets in').length).toBeLessThanOrEqual(6);
    expect(statuses.at(-1)).toBe('429 tenant_rate_limited');
    expect(await byLink(user.tenant_id, 'link')).toBe('429 tenant_rate_limited');
    expect(await reads(aUser().token())).toBe('lets in');
  });

  test('is told how long to wait', async () => {
    const user = aUser();
    await user.stands(2, false, 1);
    const actor = anActor(contract, { ...user, base_url: service.base_url, token: user.token() });
    const answers = [];
    for (let call = 0; call < 3; call += 1) answers.push(await actor.tries('read', {}));
    const { headers } = answers.at(-1) as (typeof answers)[number];
    const seconds = Number(headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(headers.get('ratelimit-policy')).toBe('"tenant";q=1;w=60');
    expect(headers.get('ratelimit')).toBe(`"tenant";r=0;t=${seconds}`);
  });
});

describe('a process', () => {
  const url = 'postgres://nobody@127.0.0.1:1/nowhere';

  test('that has never loaded lets nobody in', async () => {
    const errors: unknown[] = [];
    const worker = connect({ url, max: 1 });
    const trust = startTrust(worker, (error) => errors.push(error));
    await expect(trust.load()).rejects.toThrow();
    const { tenant_id, user_id: sub, session_id: sid } = aUser();
    const refused = () => trust.admit({ tenant_id, sub, sid, ver: 1 });
    expect(refused).toThrow('not known just now');
    expect(() => trust.admitLink(tenant_id)).toThrow('not known just now');
    expect(trust.isLoaded()).toBe(false);
    await trust.stop();
    await worker.close();
    expect(errors.length).toBeGreaterThan(0);
  });

  test('that has loaded once goes by that while the database is away', async () => {
    const database = await freshDatabase();
    const worker = connect({ url: database.url('clients_worker'), max: 1 });
    const tenant_id = randomUUID();
    const id = randomUUID();
    await database.inspect(
      `INSERT INTO clients.revocations (tenant_id, kind, id) VALUES ($1, 'session', $2)`,
      [tenant_id, id],
    );
    const trust = startTrust(worker, () => undefined);
    await trust.load();
    await trust.stop();
    await worker.close();
    await database.drop();
    await expect(trust.load()).rejects.toThrow();
    const sub = randomUUID();
    expect(() => trust.admit({ tenant_id, sub, sid: id, ver: 1 })).toThrow('revoked');
    expect(() => trust.admit({ tenant_id, sub, sid: randomUUID(), ver: 1 })).not.toThrow();
  });
});

describe("another process' instance", () => {
  test('finds by its poll what this one was told', async () => {
    const worker = connect({ url: service.database.url('clients_worker'), max: 1 });
    const other = startTrust(worker, () => undefined);
    await other.load();
    const { tenant_id, user_id: sub, session_id: sid, endsSession } = aUser();
    await endsSession();
    await other.load();
    expect(() => other.admit({ tenant_id, sub, sid, ver: 1 })).toThrow('revoked');
    await other.stop();
    await worker.close();
  });
});
