/** The fixtures of auth's parts: see samples.ts. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ok } from './http.ts';
import { type Office, signUpBody, tokenOf } from './office.ts';
import type { List } from './sample-list.ts';

const run = promisify(execFile);
const link_command = join(import.meta.dirname, '../../link');

const short = () => randomUUID().replaceAll('-', '').slice(0, 12);
const password = 'securepass123';
const names = { first_name: 'Ann', last_name: 'Lee' };
const anEmail = () => `${short()}@harbor.example`;
/** Of the right shape: what it takes to be right, only the person who enrolled has. */
const factor = { current_password: password, code: '123456' };

export const bodies: Record<string, (office: Office) => unknown> = {
  createUser: () => ({ email: anEmail(), password, ...names, roles: ['dispatcher'] }),
  changeUser: () => ({ first_name: `Ann ${short()}` }),
  changeMe: () => ({ first_name: `Olive ${short()}` }),
  changeTenant: () => ({ name: `Harbor Coaches ${short()}` }),
  changePassword: () => ({ current_password: password, password: `secure-${short()}` }),
  requestPasswordReset: () => ({ email: anEmail() }),
  resetPassword: () => ({ password: `secure-${short()}` }),
  requestEmailChange: () => ({ email: anEmail(), current_password: password }),
  createInvitation: () => ({ email: anEmail(), roles: ['dispatcher'] }),
  acceptInvitation: () => ({ ...names, password }),
  getToken: ({ owner: { email } }) => ({ grant_type: 'password', username: email, password }),
  logInWithSecondFactor: () => ({ mfa_token: 'x'.repeat(40), code: '123456' }),
  enrollSecondFactor: () => ({ current_password: password }),
  confirmSecondFactor: () => ({ code: '123456' }),
  drawRecoveryCodes: () => factor,
  disableSecondFactor: () => factor,
  createMachineClient: () => ({ name: `Partner ${short()}`, scopes: ['clients:read'] }),
  changeMachineClient: () => ({ name: `Partner ${short()}` }),
  rotateMachineSecret: () => ({ overlap_hours: 1 }),
};

async function post({ token }: Pick<Office, 'token'>, path: string, body?: unknown) {
  return (await ok({ method: 'POST', path: `auth/${path}`, token, body })).body;
}

const created = (path: string, operation: string) => async (office: Office) =>
  (await post(office, path, bodies[operation]?.(office))).id as string;

const sessionIn = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid;

async function logIn(email: string): Promise<string> {
  const body = { email, password };
  return (await ok({ method: 'POST', path: 'auth/login', body })).body.access_token;
}

/** Somebody who may do all and whom nobody else needs: the id, the e-mail and a token. */
async function aColleague(office: Office) {
  const body = { email: anEmail(), password, ...names, roles: ['admin'] };
  const { id, email } = await post(office, 'users', body);
  return { id: id as string, email: email as string, token: await logIn(email) };
}

/** The token of a link that was sent to a person, as the operator of a platform gets it. */
async function linkTo(kind: 'invitation' | 'reset' | 'verification', email: string) {
  const { DATA_DIR = '' } = process.env;
  const { stdout } = await run(link_command, [kind, email, '--data', DATA_DIR]);
  return { token: tokenOf(stdout.trim()) };
}

const users = created('users', 'createUser');

export const rows: Record<string, (office: Office) => Promise<string>> = {
  users,
  invitations: created('invitations', 'createInvitation'),
  'machine-clients': created('machine-clients', 'createMachineClient'),
  sessions: async ({ owner }) => sessionIn(await logIn(owner.email)),
};

async function aReset(office: Office) {
  const { email } = await aColleague(office);
  await ok({ method: 'POST', path: 'auth/password-resets', body: { email } });
  return linkTo('reset', email);
}

/** A sign-up has one sent. */
async function aVerification() {
  const body = signUpBody();
  await ok({ method: 'POST', path: 'auth/signup', body });
  return linkTo('verification', body.email);
}

async function anInvitation(office: Office) {
  const { email } = await post(office, 'invitations', bodies.createInvitation?.(office));
  return linkTo('invitation', email);
}

export const params: Record<string, (office: Office) => Promise<Record<string, string>>> = {
  endSessionOfUser: async (office) => {
    const { id, token } = await aColleague(office);
    return { id, session_id: sessionIn(token) };
  },
  // With a session that can be ended.
  endSessionsOfUser: async (office) => ({ id: (await aColleague(office)).id }),
  reactivateUser: async (office) => {
    const id = await users(office);
    await post(office, `users/${id}/deactivate`);
    return { id };
  },
  getPasswordReset: aReset,
  resetPassword: aReset,
  getVerification: aVerification,
  verifyEmail: aVerification,
  getPublicInvitation: anInvitation,
  acceptInvitation: anInvitation,
};

const somebody = async (office: Office) => (await aColleague(office)).token;

export const callers: Record<string, (office: Office) => Promise<string>> = {
  logOut: somebody,
  endOtherSessions: async (office) => {
    const { email, token } = await aColleague(office);
    await logIn(email);
    return token;
  },
  changePassword: somebody,
  enrollSecondFactor: somebody,
};

export const lists: Record<string, List> = {
  listSessionsOfUser: {
    params: async ({ token }) => {
      const { body } = await ok({ method: 'GET', path: 'auth/me', token });
      return { id: body.id };
    },
    more: (office) => rows.sessions?.(office),
  },
};
