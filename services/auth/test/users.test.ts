import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AuthService, aColleague, anAuthService } from './an-auth-service.ts';
import { anOwner, grantUsers, revoked, somebody, wordsIn } from './people.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

describe('colleagues', () => {
  test('are added by the owner and can log in', async () => {
    const owner = await auth.anOwner();
    const colleague = aColleague();
    const user = await owner.does('createUser', { body: colleague });
    expect(user).toMatchObject({ email: colleague.email, roles: ['dispatcher'] });
    const { email, password } = colleague;
    expect((await auth.logsIn({ email, password })).body.user).toEqual(user);
  });

  test('leave of their password no hash but the slow one', async () => {
    const owner = await anOwner(auth);
    const body = aColleague();
    await owner.does('createUser', { body }, { idempotency_key: 'one' });
    // A key's row has a fast hash of the whole body, by which a short password is soon guessed.
    expect(await wordsIn(auth, owner.tenant_id, ['idempotency_keys'])).toBe('');
    expect((await owner.tries('createUser', { body })).code).toBe('email_taken');
  });

  test('have an e-mail of their own', async () => {
    const owner = await auth.anOwner();
    const colleague = aColleague();
    await owner.does('createUser', { body: colleague });
    expect((await owner.tries('createUser', { body: colleague })).code).toBe('email_taken');
  });

  test('are made owners by owners alone, and added by nobody without the right', async () => {
    const { tenant_id } = await auth.anOwner();
    const admin = auth.actor(['admin'], tenant_id);
    const raised = await admin.tries('createUser', { body: aColleague({ roles: ['owner'] }) });
    expect([raised.status, raised.code]).toEqual([403, 'role_not_grantable']);
    const dispatcher = auth.actor(['dispatcher'], tenant_id);
    const added = await dispatcher.tries('createUser', { body: aColleague() });
    expect(added.code).toBe('permission_missing');
  });

  test('are found by role, activity and a part of their name', async () => {
    const owner = await anOwner(auth);
    const ann = await owner.does('createUser', { body: aColleague({ first_name: 'Ann' }) });
    const ben = await owner.does('createUser', {
      body: aColleague({ first_name: 'Ben', last_name: 'Ünal', roles: ['sales'] }),
    });
    await owner.does('deactivateUser', { params: { id: ben.id } });
    const found = async (query: Record<string, string>) =>
      (await owner.does('listUsers', { query })).data.map(({ id }) => id);
    expect(await found({ sort: 'created_at' })).toEqual([owner.user.id, ann.id, ben.id]);
    expect(await found({ role: 'sales' })).toEqual([ben.id]);
    expect(await found({ active: 'true', role: 'dispatcher' })).toEqual([ann.id]);
    expect(await found({ active: 'false' })).toEqual([ben.id]);
    expect(await found({ q: 'EN ÜN' })).toEqual([ben.id]);
    expect(await found({ q: ann.email.toUpperCase() })).toEqual([ann.id]);
    expect(await found({ q: '%' })).toEqual([]);
    expect(await found({ sort: 'last_name', role: 'dispatcher' })).toEqual([ann.id]);
  });

  test('come page by page, in each order', async () => {
    const owner = await anOwner(auth);
    for (const last_name of ['B', 'A', 'A']) {
      await owner.does('createUser', { body: aColleague({ last_name }) });
    }
    for (const sort of ['-created_at', 'created_at', 'last_name', '-last_name', 'email']) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query: Record<string, string> = { sort, limit: '1', ...(cursor && { cursor }) };
        const page = await owner.does('listUsers', { query });
        seen.push(...page.data.map(({ id }) => id));
        cursor = page.next_cursor;
      } while (cursor !== null);
      expect([sort, new Set(seen).size, seen.length]).toEqual([sort, 4, 4]);
    }
  });

  test('are nobody to another business', async () => {
    const owner = await anOwner(auth);
    const rival = await anOwner(auth);
    const params = { id: owner.user.id };
    for (const [name, input] of [
      ['getUser', { params }],
      ['changeUser', { params, body: { first_name: 'Eve' } }],
      ['deactivateUser', { params }],
      ['reactivateUser', { params }],
    ] as const) {
      const answer = await rival.tries(name, input as never);
      expect([name, answer.status]).toEqual([name, 404]);
    }
    expect((await rival.does('listUsers', {})).data.map(({ id }) => id)).toEqual([rival.user.id]);
  });

  test('can be looked at by a manager, and changed only by owner and admin', async () => {
    const { tenant_id, user } = await anOwner(auth);
    const manager = auth.actor(['manager'], tenant_id);
    const params = { id: user.id };
    expect((await manager.tries('getUser', { params })).status).toBe(200);
    const changing = await manager.tries('changeUser', { params, body: { first_name: 'Eve' } });
    expect(changing.code).toBe('permission_missing');
    const staff = auth.actor(['staff'], tenant_id);
    expect((await staff.tries('listUsers', {})).code).toBe('permission_missing');
  });
});

describe('a change', () => {
  test('of roles ends the tokens that tell the old ones, at once and everywhere', async () => {
    const owner = await anOwner(auth);
    const colleague = aColleague();
    const { id, version } = await owner.does('createUser', { body: colleague });
    const { email, password } = colleague;
    const ann = somebody(auth, (await auth.logsIn({ email, password })).body);
    expect((await ann.tries('getMe', {})).status).toBe(200);
    const changed = await owner.does(
      'changeUser',
      { params: { id }, body: { roles: ['sales'] } },
      { if_match: version },
    );
    expect(changed).toMatchObject({ roles: ['sales'], version: 2 });
    await revoked(ann);
    expect(await auth.announced(owner.tenant_id, 'auth.subject.changed.v1')).toMatchObject([
      { data: { subject_id: id, kind: 'user', token_version: 2, active: true } },
    ]);
    const again = somebody(auth, (await auth.logsIn({ email, password })).body);
    expect((await again.does('getMe', {})).roles).toEqual(['sales']);
  });

  test('to a version that is no more is refused, and one that says nothing, too', async () => {
    const owner = await anOwner(auth);
    const params = { id: owner.user.id };
    const change = { params, body: { first_name: 'Jane' } };
    await owner.does('changeUser', change, { if_match: 1 });
    const stale = await owner.tries('changeUser', change, { if_match: 1 });
    expect([stale.status, stale.code]).toEqual([412, 'version_stale']);
    expect((await owner.tries('changeUser', { params, body: {} })).code).toBe('invalid');
    const foreign = { params, body: { email: 'x@example.com' } as never };
    expect((await owner.tries('changeUser', foreign)).code).toBe('invalid');
  });

  test('of the own names is everybody’s, whatever his role', async () => {
    const owner = await anOwner(auth);
    const colleague = aColleague({ roles: ['vendor'] });
    const made = await owner.does('createUser', { body: colleague });
    const { email, password } = colleague;
    const ann = somebody(auth, (await auth.logsIn({ email, password })).body);
    const changed = await ann.does('changeMe', { body: { first_name: 'Anna' } }, { if_match: 1 });
    expect(changed).toEqual({ ...made, first_name: 'Anna', version: 2 });
    // His own roles are not among what he may change.
    const raised = await ann.tries('changeMe', { body: { roles: ['owner'] } as never });
    expect(raised.code).toBe('invalid');
    expect((await ann.does('getMe', {})).first_name).toBe('Anna');
  });
});

describe('a deactivated user', () => {
  test('is let in by nothing, and nothing of his is deleted', async () => {
    const owner = await anOwner(auth);
    const colleague = aColleague();
    const { id } = await owner.does('createUser', { body: colleague });
    const { email, password } = colleague;
    const { body } = await auth.logsIn({ email, password });
    const ann = somebody(auth, body);
    const gone = await owner.does('deactivateUser', { params: { id } });
    expect(gone.deactivated_at).not.toBeNull();
    await revoked(ann);
    expect((await auth.refreshes(body.refresh_token)).code).toBe('refresh_token_invalid');
    const back = await auth.logsIn({ email, password });
    expect([back.status, back.code]).toEqual([403, 'user_deactivated']);
    const wrong = await auth.logsIn({ email, password: 'not the password' });
    expect([wrong.status, wrong.code]).toEqual([401, 'credentials_invalid']);

    await owner.does('reactivateUser', { params: { id } });
    expect((await ann.tries('getMe', {})).code).toBe('token_revoked');
    expect((await auth.refreshes(body.refresh_token)).status).toBe(401);
    expect((await auth.logsIn({ email, password })).status).toBe(200);
  });

  test('does not stand in the way of his account at another business', async () => {
    const first = await anOwner(auth);
    const second = await anOwner(auth);
    const colleague = aColleague();
    const { id } = await first.does('createUser', { body: colleague });
    await second.does('createUser', { body: colleague });
    const { email, password } = colleague;
    expect((await auth.logsIn({ email, password })).code).toBe('subdomain_needed');
    await first.does('deactivateUser', { params: { id } });
    expect((await auth.logsIn({ email, password })).body.tenant.id).toBe(second.tenant_id);
  });
});

describe('the last owner', () => {
  test('stays one, and stays active', async () => {
    const owner = await anOwner(auth);
    const params = { id: owner.user.id };
    const demoted = await owner.tries('changeUser', { params, body: { roles: ['admin'] } });
    expect([demoted.status, demoted.code]).toEqual([409, 'last_owner']);
    expect((await owner.tries('deactivateUser', { params })).code).toBe('last_owner');
    const admin = auth.actor(['admin'], owner.tenant_id);
    expect((await admin.tries('deactivateUser', { params })).code).toBe('role_not_grantable');
  });

  test('is one of ten who leave at once, twenty times', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { tenant_id, user } = await anOwner(auth);
      const owner = auth.actor(['owner'], tenant_id);
      // Not by hashes: it is the places that are raced for.
      const others = await auth.database.inspect<{ id: string }>(
        `INSERT INTO auth.users (tenant_id, email, password_hash, first_name, last_name, roles,
            created_at)
          SELECT $1, 'owner' || n || '@example.com', '', 'O', 'O', '{owner}', now()
          FROM generate_series(1, 9) AS n RETURNING id`,
        [tenant_id],
      );
      const ids = [user.id, ...others.map(({ id }) => id)];
      const answers = await Promise.all(
        ids.map((id, index) =>
          index % 2 === 0
            ? owner.tries('deactivateUser', { params: { id } })
            : owner.tries('changeUser', { params: { id }, body: { roles: ['staff'] } }),
        ),
      );
      const refused = answers.filter(({ code }) => code === 'last_owner').length;
      const done = answers.filter(({ status }) => status === 200).length;
      expect([done, refused]).toEqual([9, 1]);
    }
  });
});

describe('the plan', () => {
  test('has one place left for ten who come back at once', async () => {
    const owner = await anOwner(auth);
    // Coming back takes no hash, which would let them in one after the other.
    const gone = await auth.database.inspect<{ id: string }>(
      `INSERT INTO auth.users (tenant_id, email, password_hash, first_name, last_name, roles,
          created_at, deactivated_at)
        SELECT $1, 'gone' || n || '@example.com', '', 'G', 'G', '{staff}', now(), now()
        FROM generate_series(1, 10) AS n RETURNING id`,
      [owner.tenant_id],
    );
    await grantUsers(auth, owner.tenant_id, 2);
    const answers = await Promise.all(
      gone.map(({ id }) => owner.tries('reactivateUser', { params: { id } })),
    );
    const full = answers.filter(({ code }) => code === 'plan_limit_reached').length;
    const back = answers.filter(({ status }) => status === 200).length;
    expect([back, full]).toEqual([1, 9]);
    const { plan } = await owner.does('getTenant', {});
    expect([plan.limits.users, plan.usage.users]).toEqual([2, 2]);
    expect((await owner.tries('createUser', { body: aColleague() })).code).toBe(
      'plan_limit_reached',
    );
  });

  test('counts who is active: a place that is left is taken, and not come back to', async () => {
    const owner = await anOwner(auth);
    const { id } = await owner.does('createUser', { body: aColleague() });
    await grantUsers(auth, owner.tenant_id, 2);
    const extra = await owner.tries('createUser', { body: aColleague() });
    expect([extra.status, extra.code]).toEqual([409, 'plan_limit_reached']);
    await owner.does('deactivateUser', { params: { id } });
    await owner.does('createUser', { body: aColleague() });
    const back = await owner.tries('reactivateUser', { params: { id } });
    expect([back.status, back.code]).toEqual([409, 'plan_limit_reached']);
  });
});

test('a manager reads in his profile what auth itself grants him, too', async () => {
  const owner = await anOwner(auth);
  const colleague = aColleague({ roles: ['manager'] });
  await owner.does('createUser', { body: colleague });
  const { email, password } = colleague;
  const manager = somebody(auth, (await auth.logsIn({ email, password })).body);
  const { permissions } = await manager.does('getMe', {});
  expect(permissions).toEqual(expect.arrayContaining(['clients:write', 'me:write', 'users:read']));
});
