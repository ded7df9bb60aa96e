import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from '@roundhouse/database';
import { deleteExpired } from '@roundhouse/service/retention';
import { EXPIRED } from '../src/retention.ts';
import { aSignedUp, ask, bearer, isRevoked, passes, type SignedUp } from './actors.ts';
import { type AuthService, aColleague, anAuthService } from './an-auth-service.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

const logsIn = async (
  { email, password }: { email: string; password: string },
  agent = 'curl/8',
) => {
  const headers = { 'user-agent': agent };
  const { body } = await ask(auth, '/login', { headers, body: { email, password } });
  return body as SignedUp & { access_token: string; refresh_token: string };
};
const sees = (token: string, path = '/sessions') =>
  ask(auth, path, bearer(token, { method: 'GET' }));
const does = (token: string, path: string) => ask(auth, path, bearer(token));
const ended = (tenant_id: string) => auth.announced(tenant_id, 'auth.session.ended.v1');

describe('logging out', () => {
  test('ends the session: its tokens, both of them, and announces it once', async () => {
    const { token, refresh_token, tenant, user } = await aSignedUp(auth);
    expect((await does(token, '/logout')).body).toEqual({ ended: 1 });
    await isRevoked(auth, token);
    expect((await auth.refreshes(refresh_token)).status).toBe(401);
    // Whoever says it again hears that the token is worth nothing: it has happened.
    expect((await does(token, '/logout')).code).toBe('token_revoked');
    expect(await ended(tenant.id)).toMatchObject([{ data: { user_id: user.id } }]);
  });

  test('leaves the other sessions alone', async () => {
    const signedUp = await aSignedUp(auth);
    const second = await logsIn(signedUp);
    await does(second.access_token, '/logout');
    expect((await sees(signedUp.token, '/me')).status).toBe(200);
  });
});

describe('sessions', () => {
  test('are listed with where and when, and the one that asks is marked', async () => {
    const signedUp = await aSignedUp(auth, { from: '192.0.2.1' });
    passes(auth, 60);
    const second = await logsIn(signedUp, `Browser ${'x'.repeat(300)}`);
    passes(auth, 60);
    await ask(auth, '/refresh', {
      from: '192.0.2.2',
      body: { refresh_token: second.refresh_token },
    });
    const { body } = await sees(signedUp.token);
    expect(body.data).toMatchObject([
      {
        current: false,
        address: '192.0.2.2',
        second_factor_at: null,
        last_used_at: auth.clock.now.toString(),
      },
      { current: true, address: '192.0.2.1', user_id: signedUp.user.id },
    ]);
    expect(body.data[0].user_agent).toHaveLength(120);
  });

  test('can be ended one by one, the others, and by nobody else', async () => {
    const signedUp = await aSignedUp(auth);
    const [second, third] = [await logsIn(signedUp), await logsIn(signedUp)];
    const [{ id }] = (await sees(third.access_token)).body.data;
    const stranger = await aSignedUp(auth);
    expect((await does(stranger.token, `/sessions/${id}/end`)).status).toBe(404);
    expect((await does(signedUp.token, `/sessions/${id}/end`)).body).toEqual({ ended: 1 });
    expect((await does(signedUp.token, `/sessions/${id}/end`)).body).toEqual({ ended: 0 });
    await isRevoked(auth, third.access_token);
    expect((await does(signedUp.token, '/sessions/end-others')).body).toEqual({ ended: 1 });
    await isRevoked(auth, second.access_token);
    expect((await sees(signedUp.token)).body.data).toHaveLength(1);
    expect(await ended(signedUp.tenant.id)).toHaveLength(2);
  });

  test('of a colleague are seen and ended by whoever has the power', async () => {
    const owner = await aSignedUp(auth);
    const roles = ['admin' as const];
    const colleague = aColleague({ roles });
    const user = await ask(auth, '/users', bearer(owner.token, { body: colleague }));
    const admin = await logsIn(colleague);
    const path = `/users/${user.body.id}/sessions`;
    const [{ id }] = (await sees(owner.token, path)).body.data;
    const ownersPath = `/users/${owner.user.id}/sessions`;
    const refused = await does(admin.access_token, `${ownersPath}/end`);
    expect([refused.status, refused.code]).toEqual([403, 'role_not_grantable']);
    expect((await does(owner.token, `${path}/${id}/end`)).body).toEqual({ ended: 1 });
    expect((await does(owner.token, `${ownersPath}/${id}/end`)).status).toBe(404);
    const again = await logsIn(colleague);
    expect((await does(owner.token, `${path}/end`)).body).toEqual({ ended: 1 });
    await isRevoked(auth, again.access_token);
    const staff = auth.actor(['staff'], owner.tenant.id);
    const asked = await staff.tries('listSessionsOfUser', { params: { id: user.body.id } });
    expect(asked.code).toBe('permission_missing');
  });
});

describe('a refresh whose answer was lost', () => {
  test('gives the same successor however often it is asked: no branches', async () => {
    const { refresh_token, tenant } = await aSignedUp(auth);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => auth.refreshes(refresh_token)),
    );
    const tokens = new Set(answers.map(({ body }) => body.refresh_token));
    expect([answers.map(({ status }) => status), tokens.size]).toEqual([Array(10).fill(200), 1]);
    const rows = await auth.database.inspect(
      'SELECT id FROM auth.refresh_tokens WHERE tenant_id = $1',
      [tenant.id],
    );
    expect(rows).toHaveLength(2);
    const [next = ''] = tokens;
    expect((await auth.refreshes(next)).status).toBe(200);
  });

  test('shows the thief: whoever comes second after the grace ends it for both', async () => {
    const { refresh_token, token } = await aSignedUp(auth);
    const thief = await auth.refreshes(refresh_token);
    const owner = await auth.refreshes(refresh_token);
    await auth.refreshes(thief.body.refresh_token);
    passes(auth, 11);
    expect((await auth.refreshes(owner.body.refresh_token)).status).toBe(401);
    await isRevoked(auth, token);
  });
});

test('what has ended long ago is swept, and nothing else is', async () => {
  const today = auth.clock.now;
  auth.clock.now = Temporal.Now.instant().subtract({ hours: 24 * 100 });
  const long_ago = await aSignedUp(auth);
  await ask(auth, '/login', { body: { email: 'nobody@no.example', password: 'x' } });
  auth.clock.now = today;
  const now = await aSignedUp(auth);
  const worker = connect({ url: auth.database.url('auth_worker'), max: 1 });
  await deleteExpired(worker, EXPIRED);
  await worker.close();
  const left = async (table: string, { tenant }: SignedUp) =>
    (await auth.database.inspect(`SELECT 1 FROM auth.${table} WHERE tenant_id = $1`, [tenant.id]))
      .length;
  for (const table of ['sessions', 'refresh_tokens']) {
    expect([await left(table, long_ago), await left(table, now)]).toEqual([0, 1]);
  }
  const counters = await auth.database.inspect(
    'SELECT 1 FROM auth.throttles WHERE expires_at < now()',
  );
  expect(counters).toEqual([]);
});

test('a changed password ends a refresh that is under way, too', async () => {
  for (let round = 0; round < 10; round += 1) {
    const owner = await aSignedUp(auth);
    let stolen: string = owner.refresh_token;
    let going = true;
    const thief = async () => {
      while (going) {
        const { status, body } = await ask(auth, '/refresh', { body: { refresh_token: stolen } });
        if (status !== 200) return;
        stolen = body.refresh_token;
      }
    };
    const running = thief();
    const body = { current_password: owner.password, password: 'another-good-one' };
    const changed = await ask(auth, '/me/password', bearer(owner.token, { body }));
    going = false;
    await running;
    expect([round, changed.status]).toEqual([round, 200]);
    expect([round, (await auth.refreshes(stolen)).status]).toEqual([round, 401]);
    expect((await auth.refreshes(changed.body.refresh_token)).status).toBe(200);
  }
});
