import type { PublicContext } from '@roundhouse/service';
import { openLink, sealLink } from '@roundhouse/service/links';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Sealing } from '../sealing.ts';
import { codeAttempt } from '../second-factor/attempt.ts';
import { takeCode } from '../second-factor/check.ts';
import { codeRefused } from '../second-factor/code.ts';
import { requireStanding } from '../tenants/tenant.ts';
import { NOBODYS } from '../throttle/throttle.ts';
import { requireActive } from '../users/user.ts';
import {
  attemptsOf,
  type CredentialsDependencies,
  type Given,
  type Opened,
  passwordAttempt,
  requireCredentials,
} from './credentials.ts';
import { openSession } from './issue.ts';
import { challengeExpiry, challengeRefused, requireOpenChallenge } from './session.ts';
import * as store from './store.ts';

export interface LogInDependencies extends CredentialsDependencies {
  keys: KeyRing;
  sealing: Sealing;
}

const CHALLENGE = 'login-challenge';
type Asked = Pick<PublicContext, 'enter' | 'user_agent'>;

/** What a log-in ends in: tokens, or the question for a code. */
type LogIn =
  | { mfa_token: string; answer?: never }
  | { mfa_token?: never; answer: Awaited<ReturnType<typeof openSession>> };

export async function logIn(
  dependencies: LogInDependencies,
  asked: Asked,
  given: Given,
): Promise<LogIn> {
  const account = await requireCredentials(dependencies, asked, given);
  const { enter } = asked;
  const asker = enter(NOBODYS, { kind: 'user', id: null });
  const complete = account.has_second_factor ? [] : attemptsOf(account);
  await dependencies.throttle.succeed(asker, account.attempts, complete);
  return account.has_second_factor
    ? { mfa_token: await challenge(dependencies, asked, account) }
    : { answer: await begin(dependencies, asked, account) };
}

const begin = ({ keys }: LogInDependencies, asked: Asked, { user, tenant }: Opened) => {
  const { enter, user_agent } = asked;
  const own = enter(tenant.id, { kind: 'user', id: user.id });
  return own.transaction((tx) => openSession(tx, keys, { user, tenant, user_agent }));
};

/** The log-in waits for its code; whoever has the token has shown the password. */
async function challenge(
  { sealing }: LogInDependencies,
  { enter }: Asked,
  { user, tenant }: Opened,
): Promise<string> {
  const own = enter(tenant.id, { kind: 'user', id: user.id });
  const id = await own.transaction((tx) =>
    store.insertChallenge(tx, user.id, challengeExpiry(tx.tenant.now())),
  );
  const link = { tenant_id: tenant.id, id, generation: 1 };
  return sealLink(sealing.linkKey(CHALLENGE), CHALLENGE, link);
}

/** Goes on with a log-in that was asked for a code; a wrong one may be sent again, as counted. */
export async function logInWithCode(
  { keys, sealing, throttle }: LogInDependencies,
  { enter, user_agent }: Asked,
  { mfa_token, code }: { mfa_token: string; code: string },
) {
  const link = openLink(sealing.linkKey(CHALLENGE), CHALLENGE, mfa_token);
  if (link === undefined) throw challengeRefused();
  const { tenant_id, id } = link;
  const own = enter(tenant_id, { kind: 'user', id: null });
  const known = await own.read((tx) => store.findChallenge(tx, tenant_id, id));
  if (known === undefined) throw challengeRefused();
  requireOpenChallenge(known, own.now());
  const attempt = codeAttempt(known.user_id);
  await throttle.require(own, attempt);
  const answer = await own.transaction(async (tx) => {
    const { user_id } = known;
    const locked = await store.lockChallenge(tx, { id, user_id });
    requireOpenChallenge(locked.challenge, tx.tenant.now());
    const { factor, user, tenant } = locked;
    // Disabled meanwhile: whoever logs in anew is asked for the password alone.
    if (factor === undefined) throw challengeRefused();
    if (!(await takeCode(tx, sealing, factor, code))) throw codeRefused();
    requireActive(user);
    requireStanding(tenant);
    store.useChallenge(tx, id);
    const source = { user_agent, second_factor_at: tx.tenant.now() };
    return openSession(tx, keys, { user, tenant, ...source });
  });
  const attempts = [attempt, passwordAttempt(tenant_id, answer.user.email)];
  await throttle.succeed(own, attempts, [attempt, ...attemptsOf(answer)]);
  return answer;
}
