import { eventually } from '@roundhouse/testing';
import { generateSync } from 'otplib';
import { type AuthService, aBusiness } from './an-auth-service.ts';

const FORM = 'application/x-www-form-urlencoded';

export interface Sent {
  headers?: Record<string, string>;
  body?: unknown;
  method?: string;
  /** The address that the gateway has seen. */
  from?: string;
}

/** A request as it is on the wire, with a token of auth's own where there is one. */
export async function ask(
  { base_url }: AuthService,
  path: string,
  { headers = {}, body, method = 'POST', from }: Sent & { token?: string } = {},
) {
  const sent = new Headers(headers);
  if (from !== undefined) sent.set('x-forwarded-for', from);
  if (body !== undefined && !sent.has('content-type')) sent.set('content-type', 'application/json');
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${base_url}${path}`, {
    method,
    headers: sent,
    ...(body === undefined ? {} : { body: text }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON is answered; the tests look at it.
  const json: any = await answer.json();
  return { status: answer.status, headers: answer.headers, body: json, code: json.code };
}

/** Asks the token endpoint, by a form. */
export const asksToken = (auth: AuthService, fields: object | string, sent: Sent = {}) =>
  ask(auth, '/token', {
    ...sent,
    headers: { 'content-type': FORM, ...sent.headers },
    body: typeof fields === 'string' ? fields : String(new URLSearchParams({ ...fields })),
  });

export const bearer = (token: string, more: Sent = {}) => ({
  ...more,
  headers: { ...more.headers, authorization: `Bearer ${token}` },
});

export const basic = (id: string, secret: string): Sent => ({
  headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
});

/** Somebody who has signed up, and knows the password. */
export async function aSignedUp(auth: AuthService, sent: Sent = {}) {
  const business = aBusiness();
  const { body } = await ask(auth, '/signup', { ...sent, body: business });
  return { ...business, ...body, sent: business, token: body.access_token as string };
}

export type SignedUp = Awaited<ReturnType<typeof aSignedUp>>;

/** What an authenticator shows at the service's time, so many steps from now. */
export const codeAt = ({ clock }: AuthService, secret: string, steps = 0): string =>
  generateSync({ secret, epoch: Math.floor(clock.now.epochMilliseconds / 1_000) + 30 * steps });

/** Enrolls an authenticator; answers its secret and the recovery codes. */
export async function enrolls(auth: AuthService, { token, password }: SignedUp) {
  const enrolled = await ask(
    auth,
    '/me/second-factor/enroll',
    bearer(token, { body: { current_password: password } }),
  );
  const { secret } = enrolled.body;
  const body = { code: codeAt(auth, secret) };
  const confirmed = await ask(auth, '/me/second-factor/confirm', bearer(token, { body }));
  return { secret, codes: confirmed.body.recovery_codes as string[] };
}

export const passes = ({ clock }: AuthService, seconds: number): void => {
  clock.now = clock.now.add({ seconds });
};

/** The processes look up what was revoked beside the requests, so it takes a moment. */
export const isRevoked = (auth: AuthService, token: string) =>
  eventually(async () => {
    const { code } = await ask(auth, '/me', bearer(token, { method: 'GET' }));
    if (code !== 'token_revoked') throw new Error(`The token is not revoked: ${code}`);
  });
