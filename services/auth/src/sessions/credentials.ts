import type { Database } from '@roundhouse/database';
import { conflict, DomainError, notFound } from '@roundhouse/errors';
import type { Context, PublicContext } from '@roundhouse/service';
import { requireRoomToHash, verifyPassword } from '../passwords/password.ts';
import { type NewTenant, tenantOfSubdomain } from '../tenants/store.ts';
import { meantAmong, requireStanding } from '../tenants/tenant.ts';
import { tooManyAttempts } from '../throttle/limits.ts';
import { type Attempt, NOBODYS, type Throttle } from '../throttle/throttle.ts';
import { findUser, tenantsOfEmail, type User } from '../users/store.ts';
import { requireActive } from '../users/user.ts';
import { credentialsRefused } from './session.ts';
import { type Credentials, findCredentials } from './store.ts';

export interface CredentialsDependencies {
  database: Database;
  throttle: Throttle;
}

export interface Given {
  email: string;
  password: string;
  subdomain?: string | undefined;
}

/** Guesses at one account count together, wherever its password is asked for. */
export const passwordAttempt = (tenant_id: string, email: string): Attempt => ({
  kind: 'log-in',
  account: `${tenant_id} ${email.toLowerCase()}`,
  of_account_alone: true,
});

/**
 * What is asked for, whether or not there is such an account: a refusal that was decided by the
 * accounts would tell who asks with and without the subdomain which there are.
 */
const askedFor = ({ email, subdomain = '' }: Omit<Given, 'password'>): Attempt => ({
  kind: 'log-in',
  account: `asked ${subdomain} ${email.toLowerCase()}`,
});

interface Account {
  user: Pick<User, 'email'>;
  tenant: Pick<NewTenant, 'id' | 'subdomain'>;
}

/** All that a complete log-in makes its address known for: it may be asked for in two ways. */
export const attemptsOf = ({ user: { email }, tenant }: Account): Attempt[] => [
  passwordAttempt(tenant.id, email),
  askedFor({ email }),
  askedFor({ email, subdomain: tenant.subdomain }),
];

/** What an e-mail leads to; what leads nowhere is counted and answered like one that does. */
async function placesOf(database: Database, { email, subdomain }: Given) {
  const named = subdomain && (await tenantOfSubdomain(database, subdomain));
  const ids = subdomain === undefined ? await tenantsOfEmail(database, email) : [named];
  const known = ids.filter((id) => id !== undefined && id !== '');
  if (known.length === 0) {
    const attempt = passwordAttempt(subdomain ?? '', email);
    return [{ id: NOBODYS, attempt }];
  }
  return known.map((id) => ({ id: id as string, attempt: passwordAttempt(id as string, email) }));
}

export interface Opened extends Credentials {
  /** What was counted for it, and is to be cleared once the log-in is complete. */
  attempts: Attempt[];
}

/**
 * The account that this e-mail and this password open. Each account is counted before its hash is
 * computed; an account whose turn is not yet is not looked at, and is answered like a wrong
 * password, in the same time.
 */
export async function requireCredentials(
  { database, throttle }: CredentialsDependencies,
  { enter }: Pick<PublicContext, 'enter'>,
  given: Given,
): Promise<Opened> {
  requireRoomToHash();
  const asker = enter(NOBODYS, { kind: 'user', id: null });
  const asked = askedFor(given);
  const places = await placesOf(database, given);
  const wanted = places.map(({ attempt }) => attempt);
  // All at once: who asks in one way alone finds both counters open, or both closed.
  const [wait = 0, ...waits] = await throttle.claim(asker, [asked, ...wanted]);
  const isTurn = (index: number) => waits[index] === 0;
  const tried = wanted.filter((_, index) => isTurn(index));
  if (wait > 0) {
    if (tried.length > 0) await throttle.giveBack(asker, tried);
    throw tooManyAttempts(wait);
  }
  const opened: { credentials: Credentials; attempt: Attempt }[] = [];
  try {
    for (const [index, { id, attempt }] of places.entries()) {
      const tenant = enter(id, { kind: 'user', id: null });
      const found = await tenant.read((tx) => findCredentials(tx, id, given.email));
      // Without an account, or its turn, there is one check all the same: the answer takes as long.
      const hash = isTurn(index) ? found?.password_hash : undefined;
      const isRight = await verifyPassword(hash, given.password);
      if (isRight && found) opened.push({ credentials: found, attempt });
    }
  } catch (error) {
    // Not checked, so not counted; that this fails, too, is not what the caller is to hear.
    await throttle.giveBack(asker, [asked, ...tried]).catch(() => undefined);
    throw error;
  }
  const [account, another] = meantAmong(opened.map(({ credentials }) => credentials));
  if (account === undefined) throw credentialsRefused();
  const attempts = [asked, ...opened.map(({ attempt }) => attempt)];
  // Where the password opens one alone it is that one: a stranger who signs up with somebody else's
  // e-mail must not stand in his way.
  if (another !== undefined) {
    await throttle.succeed(asker, attempts);
    throw conflict('subdomain_needed', 'This e-mail has several businesses: send subdomain.');
  }
  requireActive(account.user);
  requireStanding(account.tenant);
  return { ...account, attempts };
}

/**
 * Asks a user who is logged in for the password again, before what a stolen token alone must not
 * do: 422 `password_wrong`. Counted like a log-in.
 */
export async function requireOwnPassword(
  { throttle }: Pick<CredentialsDependencies, 'throttle'>,
  { tenant, caller }: Pick<Context, 'tenant' | 'caller'>,
  password: string,
): Promise<User> {
  requireRoomToHash();
  const user = await tenant.read((tx) => findUser(tx, tenant.id, caller.user_id));
  if (user === undefined) throw notFound('user');
  const attempt = passwordAttempt(tenant.id, user.email);
  await throttle.require(tenant, attempt);
  const found = await tenant.read((tx) => findCredentials(tx, tenant.id, user.email));
  const isRight = await verifyPassword(found?.password_hash, password).catch(async (error) => {
    await throttle.giveBack(tenant, [attempt]).catch(() => undefined);
    throw error;
  });
  if (!isRight) throw new DomainError('invalid', 'password_wrong', 'The password is wrong.');
  await throttle.succeed(tenant, [attempt]);
  return user;
}
