import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { audit, type Origin, redactAudit, sql, type Tenant } from '@roundhouse/database';
import { type Actor, type ServedService, serve } from '@roundhouse/testing';
import { auditHandlers } from '../src/audit.ts';
import { auditRoutes, defineContract } from '../src/contract.ts';
import { createService } from '../src/service.ts';

// In the schema of clients: under test is what all services share.
const contract = defineContract('clients', auditRoutes, { accountant: ['audit:read'] });

let service: ServedService<typeof contract>;
let now = Temporal.Instant.from('2026-11-21T09:00:00Z');
beforeAll(async () => {
  service = await serve({
    contract,
    createApp: (dependencies) => createService(contract, auditHandlers, dependencies),
    now: () => now,
  });
});
afterAll(() => service.stop());

const tenantOf = ({ tenant_id }: Actor<typeof contract>, origin: Partial<Origin> = {}): Tenant =>
  service.app.tenant(tenant_id, {
    actor_kind: 'user',
    actor_id: 'ada',
    request_id: 'a-request',
    address: '192.0.2.1',
    ...origin,
  });

interface Change {
  action: string;
  subject_id: string;
  subject_type?: string;
  actor_id?: string;
}

/** A change a minute, in this order; answers when the first one was. */
async function writes(owner: Actor<typeof contract>, changes: Change[]): Promise<string> {
  const first = now;
  for (const { action, subject_id, subject_type = 'client', actor_id = 'ada' } of changes) {
    await tenantOf(owner, { actor_id }).transaction(async (tx) => {
      audit(tx, { action, subject_type, subject_id, before: { name: 'Old' }, after: null });
    });
    now = now.add({ minutes: 1 });
  }
  return first.toString();
}

const listed = async (owner: Actor<typeof contract>, query: Record<string, string> = {}) =>
  (await owner.does('listAudit', { query })).data.map(({ action }) => action);

describe('the audit trail', () => {
  test('tells who changed what, when and from where, the newest first', async () => {
    const owner = service.actor(['owner']);
    const at = await writes(owner, [
      { action: 'createClient', subject_id: 'one' },
      { action: 'changeClient', subject_id: 'one' },
    ]);
    const { data } = await owner.does('listAudit', {});
    expect(data.map(({ action }) => action)).toEqual(['changeClient', 'createClient']);
    expect(data[1]).toEqual({
      id: expect.any(String),
      at,
      actor_kind: 'user',
      actor_id: 'ada',
      action: 'createClient',
      subject_type: 'client',
      subject_id: 'one',
      before: { name: 'Old' },
      after: null,
      redacted_at: null,
      request_id: 'a-request',
      address: '192.0.2.1',
    });
  });

  test('is searched by actor, action, subject and time', async () => {
    const owner = service.actor(['owner']);
    const first = Temporal.Instant.from(
      await writes(owner, [
        { action: 'a', subject_id: 'one' },
        { action: 'b', subject_id: 'two', actor_id: 'ben' },
        { action: 'c', subject_id: 'one', subject_type: 'tag' },
      ]),
    );
    const from = first.add({ minutes: 1 }).toString();
    const to = first.add({ minutes: 2 }).toString();
    expect(await listed(owner, { actor_id: 'ben' })).toEqual(['b']);
    expect(await listed(owner, { action: 'a' })).toEqual(['a']);
    expect(await listed(owner, { subject_id: 'one' })).toEqual(['c', 'a']);
    expect(await listed(owner, { subject_id: 'one', subject_type: 'tag' })).toEqual(['c']);
    // From the first instant on, and up to the second one without it.
    expect(await listed(owner, { from })).toEqual(['c', 'b']);
    expect(await listed(owner, { to: from })).toEqual(['a']);
    expect(await listed(owner, { from, to })).toEqual(['b']);
    expect(await listed(owner, { from: to, to: from })).toEqual([]);
  });

  test('comes page by page without a gap, also while it grows', async () => {
    const owner = service.actor(['owner']);
    const actions = ['a', 'b', 'c', 'd', 'e'];
    await writes(
      owner,
      actions.map((action) => ({ action, subject_id: 'one' })),
    );
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: Record<string, string> = {
        limit: '2',
        subject_id: 'one',
        ...(cursor === '' ? {} : { cursor }),
      };
      const page = await owner.does('listAudit', { query });
      seen.push(...page.data.map(({ action }) => action));
      cursor = page.next_cursor;
      await writes(owner, [{ action: 'later', subject_id: 'one' }]);
    }
    expect(seen).toEqual(actions.toReversed());
  });

  test('is for those who may read it, and for their own business', async () => {
    const owner = service.actor(['owner']);
    await writes(owner, [{ action: 'secret', subject_id: 'one' }]);
    expect(await listed(service.actor(['owner']))).toEqual([]);
    expect(await listed(service.actor(['accountant'], owner.tenant_id))).toEqual(['secret']);
    for (const role of ['manager', 'dispatcher', 'staff', 'sales', 'client', 'vendor'] as const) {
      const refused = await service.actor([role], owner.tenant_id).tries('listAudit', {});
      expect([role, refused.code]).toEqual([role, 'permission_missing']);
    }
  });

  test.each([
    ['a forged cursor', { cursor: 'bm90aGluZw' }, 'cursor_invalid'],
    ['an unknown filter', { tenant_id: randomUUID() }, 'invalid'],
    ['a time that is none', { from: 'yesterday' }, 'invalid'],
    ['a text with a NUL', { actor_id: 'a\0b' }, 'invalid'],
  ])('refuses %s', async (_, query, code) => {
    const answer = await service.actor(['owner']).tries('listAudit', { query: query as never });
    expect([answer.status, answer.code]).toEqual([422, code]);
  });
});

describe('what is written down', () => {
  test('can be taken out for a person who is erased, and says that it was', async () => {
    const owner = service.actor(['owner']);
    await writes(owner, [
      { action: 'createClient', subject_id: 'gone' },
      { action: 'createClient', subject_id: 'kept' },
    ]);
    await tenantOf(owner).transaction(async (tx) => {
      redactAudit(tx, { subject_type: 'client', subject_ids: ['gone'] });
    });
    const { data } = await owner.does('listAudit', {});
    expect(data).toMatchObject([
      { subject_id: 'kept', before: { name: 'Old' }, redacted_at: null },
      { subject_id: 'gone', before: null, redacted_at: now.toString(), actor_id: 'ada' },
    ]);
  });

  test.each([
    ['rewritten', sql`UPDATE audit_log SET after = '{}'`],
    ['emptied in silence', sql`UPDATE audit_log SET before = NULL, after = NULL`],
    ['given another actor', sql`UPDATE audit_log SET actor_id = 'ben'`],
    ['deleted', sql`DELETE FROM audit_log`],
  ])('is not %s', async (_, statement) => {
    const owner = service.actor(['owner']);
    await writes(owner, [{ action: 'createClient', subject_id: 'one' }]);
    const attempt = tenantOf(owner).transaction((tx) => tx.query(statement));
    await expect(attempt).rejects.toMatchObject({ code: '42501' });
  });

  test.each([
    ['audit_log_by_time', sql``],
    ['audit_log_by_actor', sql`AND actor_id = 'ada'`],
    ['audit_log_by_action', sql`AND action = 'rare'`],
    ['audit_log_by_subject', sql`AND subject_id = 'one'`],
  ])('is found by the index %s', async (index, filter) => {
    const owner = service.actor(['owner']);
    await service.database.inspect(
      `INSERT INTO clients.audit_log (tenant_id, actor_kind, actor_id, action, subject_type,
          subject_id, at, request_id)
        SELECT $1, 'user', 'actor ' || n % 500, 'action ' || n % 500, 'client',
          'subject ' || n % 500, now() + n * interval '1 second', 'r'
        FROM generate_series(1, 20000) AS n`,
      [owner.tenant_id],
    );
    await service.database.inspect('ANALYZE clients.audit_log');
    const plan = await tenantOf(owner).read((tx) =>
      tx.query(sql`EXPLAIN SELECT id FROM audit_log WHERE tenant_id = ${owner.tenant_id} ${filter}
        ORDER BY at DESC, id DESC LIMIT 51`),
    );
    expect(JSON.stringify(plan)).toContain(index);
  });
});
