import { sealLink } from '@roundhouse/service/links';
import { accessToken, anActor, eventually } from '@roundhouse/testing';
import jwt from 'jsonwebtoken';
import { contract } from '../src/contract.ts';
import { type AuthActor, type AuthService, aBusiness, linkKeys } from './an-auth-service.ts';

type LoggedIn = Awaited<ReturnType<AuthService['signsUp']>>['body'];

/** Whoever has just logged in, with a token as auth made it but signed by the tests' own key. */
export function somebody(auth: AuthService, { access_token, user, tenant }: LoggedIn) {
  const { sid, ver } = jwt.decode(access_token) as { sid: string; ver: number };
  const of = { user_id: user.id, tenant_id: tenant.id, roles: user.roles };
  const token = accessToken({ ...of, session_id: sid, token_version: ver });
  const actor = anActor(contract, { base_url: auth.base_url, tenant_id: tenant.id, token });
  return { ...actor, user, tenant };
}

/** An owner of a new business, as somebody who has logged in. */
export async function anOwner(auth: AuthService, changes: object = {}) {
  const business = aBusiness(changes);
  const logged_in = await auth.stranger().does('signUp', { body: business });
  return { ...somebody(auth, logged_in), ...logged_in, password: business.password };
}

/** The process looks at what is revoked right after the commit. */
export const revoked = (who: AuthActor) =>
  eventually(async () => {
    const { code } = await who.tries('getMe', {});
    if (code !== 'token_revoked') throw new Error(`The token is ${code ?? 'still good'}.`);
  });

/** The link that the last event of this kind asked for. */
export async function linkOf(
  auth: AuthService,
  tenant_id: string,
  kind: 'invitation' | 'reset' | 'verification',
): Promise<{ token: string }> {
  const type = {
    invitation: 'auth.user.invited.v1',
    reset: 'auth.user.password_reset_requested.v1',
    verification: 'auth.user.email_verification_requested.v1',
  }[kind];
  const posts = await auth.announced(tenant_id, type);
  const { data = {} } = posts.at(-1) ?? {};
  const id = String(data.invitation_id ?? data.user_id);
  const generation = Number(data.generation);
  return { token: sealLink(linkKeys[kind], kind, { tenant_id, id, generation }) };
}

/** Gives a business other limits, as the operator's command does. */
export const grantUsers = (auth: AuthService, tenant_id: string, users: number) =>
  auth.database.inspect('UPDATE auth.tenants SET users_granted = $2 WHERE tenant_id = $1', [
    tenant_id,
    users,
  ]);

/** The trail's rows of a business, as one text: to look for what must not stand there. */
export async function wordsIn(
  auth: AuthService,
  tenant_id: string,
  tables: string[],
): Promise<string> {
  const texts: string[] = [];
  for (const table of tables) {
    const rows = await auth.database.inspect(
      `SELECT to_jsonb(t)::text AS text FROM auth.${table} t WHERE tenant_id = $1`,
      [tenant_id],
    );
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join('\n');
}
