import { generateKeyPairSync } from 'node:crypto';
import { tokenVerifier } from '@roundhouse/service/token';
import { type Actor, publicKeys, type ServedService, serve } from '@roundhouse/testing';
import { createApp } from '../src/app.ts';
import { contract } from '../src/contract.ts';
import { publicEntry, type SigningKey, signingKey } from '../src/keys/signing-key.ts';
import { sealing } from '../src/sealing.ts';

export type AuthActor = Actor<typeof contract>;

interface Credentials {
  email: string;
  password: string;
  subdomain?: string;
}

let serial = 0;
/** What a sign-up sends, of a business that no test has had before. */
export const aBusiness = (changes: object = {}) => {
  serial += 1;
  return {
    business_name: 'Happy Paws Grooming',
    subdomain: `happypaws-${serial}`,
    email: `owner${serial}@happypaws.example`,
    password: 'securepass123',
    first_name: 'John',
    last_name: 'Doe',
    ...changes,
  };
};

export const aColleague = (changes: object = {}) => {
  serial += 1;
  return {
    email: `colleague${serial}@happypaws.example`,
    password: 'another-long-one',
    first_name: 'Ann',
    last_name: 'Lee',
    roles: ['dispatcher' as const],
    ...changes,
  };
};

function actorsOf(service: ServedService<typeof contract>) {
  const signsUp = (changes: object = {}) =>
    service.stranger().tries('signUp', { body: aBusiness(changes) });
  return {
    signsUp,
    logsIn: (body: Credentials) => service.stranger().tries('logIn', { body }),
    refreshes: (refresh_token: string) =>
      service.stranger().tries('refresh', { body: { refresh_token } }),
    /** The owner of a new business, whose token the tests' own key has signed. */
    anOwner: async () => {
      const { body } = await signsUp();
      return service.actor(['owner'], body.tenant.id);
    },
  };
}

export type AuthService = ServedService<typeof contract> &
  ReturnType<typeof actorsOf> & { key: SigningKey; clock: { now: Temporal.Instant } };

/** What the links of these tests are sealed with. */
export const linkKeys = {
  invitation: 'the key of invitations in these tests',
  reset: 'the key of resets in these tests',
  verification: 'the key of verifications in these tests',
};

/** Auth on a database of its own, with a clock that a test may turn. */
export async function anAuthService(): Promise<AuthService> {
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const key = signingKey(pem.export({ type: 'pkcs8', format: 'pem' }) as string);
  const clock = { now: Temporal.Instant.from('2026-11-21T09:00:00Z') };
  const service = await serve({
    contract,
    now: () => clock.now,
    createApp: (base) =>
      createApp({
        ...base,
        // Its own tokens open its own doors, and those of the tests' actors do.
        verify: tokenVerifier(async () => [publicEntry(key), ...(await publicKeys())]),
        keys: { signing: () => key, all: () => [key] },
        links: linkKeys,
        sealing: sealing('the key that seals in these tests'),
      }),
  });
  return { ...service, ...actorsOf(service), key, clock };
}
