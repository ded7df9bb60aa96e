import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aSignedUp, ask, asksToken, passes, type SignedUp } from './actors.ts';
import { type AuthService, anAuthService } from './an-auth-service.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

let serial = 0;
/** An address that nobody has come from before. */
const anAddress = () => {
  serial += 1;
  return `198.51.${100 + Math.floor(serial / 250)}.${(serial % 250) + 1}`;
};

const logsIn = (email: string, password: string, from = anAddress()) =>
  ask(auth, '/login', { from, body: { email, password } });
const guesses = (email: string, from?: string) => logsIn(email, 'a-wrong-guess', from);

/** So many wrong passwords, one after the other, from addresses of their own. */
async function fails(email: string, times: number) {
  const answers = [];
  for (let time = 0; time < times; time += 1) answers.push(await guesses(email));
  return answers;
}

const isOpenTo = async ({ email, password }: SignedUp, from?: string) =>
  (await logsIn(email, password, from)).status;

describe('wrong passwords', () => {
  test('of fifty at once at most five are checked, and the lock-out holds (C14)', async () => {
    const owner = await aSignedUp(auth);
    const answers = await Promise.all(Array.from({ length: 50 }, () => guesses(owner.email)));
    const checked = answers.filter(({ status }) => status === 401);
    const refused = answers.filter(({ code }) => code === 'too_many_attempts');
    expect([checked.length, refused.length]).toEqual([5, 45]);
    for (const { status, headers } of refused) {
      expect([status, Number(headers.get('retry-after'))]).toEqual([429, 30]);
    }
    // The right password, too: whoever has it is told to wait, and learns nothing.
    expect(await isOpenTo(owner)).toBe(429);
    passes(auth, 29);
    expect(await isOpenTo(owner)).toBe(429);
    passes(auth, 1);
    expect(await isOpenTo(owner)).toBe(200);
  });

  test('make each wait twice as long as the one before, up to a quarter of an hour', async () => {
    const { email } = await aSignedUp(auth);
    await fails(email, 5);
    const waits = [];
    for (let time = 0; time < 7; time += 1) {
      const seconds = Number((await guesses(email)).headers.get('retry-after'));
      waits.push(seconds);
      passes(auth, seconds);
      expect((await guesses(email)).status).toBe(401);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900]);
  });

  test('are forgotten by a right one, and by an hour', async () => {
    const owner = await aSignedUp(auth);
    await fails(owner.email, 4);
    expect(await isOpenTo(owner)).toBe(200);
    expect((await fails(owner.email, 4)).map(({ status }) => status)).toEqual(Array(4).fill(401));
    passes(auth, 3_600);
    expect((await fails(owner.email, 4)).map(({ status }) => status)).toEqual(Array(4).fill(401));
  });

  test('get the same answers whether or not there is such an account', async () => {
    const owner = await aSignedUp(auth);
    const [known, unknown] = [await fails(owner.email, 7), await fails('nobody@no.example', 7)];
    const told = (answers: typeof known) =>
      answers.map(({ status, body, headers }) => {
        const { request_id, ...rest } = body;
        return { status, rest, retry_after: headers.get('retry-after') };
      });
    expect(told(unknown)).toEqual(told(known));
  });

  test.each([
    ['first with the subdomain, then without', true],
    ['first without the subdomain, then with it', false],
  ])('tell of no account, %s', async (_, first) => {
    const owner = await aSignedUp(auth);
    const { subdomain } = owner;
    const told = async (email: string) => {
      const asks = (named: boolean) => {
        const body = { email, password: 'a-wrong-guess', ...(named && { subdomain }) };
        return ask(auth, '/login', { from: anAddress(), body });
      };
      const answers = [];
      for (let time = 0; time < 6; time += 1) answers.push(await asks(first));
      for (let time = 0; time < 6; time += 1) answers.push(await asks(!first));
      return answers.map(({ status, headers }) => [status, headers.get('retry-after')]);
    };
    expect(await told(`nobody-${first}@twice.example`)).toEqual(await told(owner.email));
    // The answers are those of an unknown account, but the account is as closed as it was.
    const { email, password } = owner;
    const right = { from: anAddress(), body: { email, password, subdomain } };
    expect((await ask(auth, '/login', right)).status).toBe(429);
  });

  test('count for the password grant as for the log-in', async () => {
    const { email } = await aSignedUp(auth);
    await fails(email, 4);
    const fields = { grant_type: 'password', username: email.toUpperCase(), password: 'wrong' };
    expect((await asksToken(auth, fields)).status).toBe(400);
    const refused = await asksToken(auth, fields);
    expect([refused.status, refused.body.error]).toEqual([429, 'too_many_attempts']);
    expect(refused.headers.get('retry-after')).toBe('30');
  });
});

describe('a stranger', () => {
  test('does not lock out whoever logs in from an address that the account knows', async () => {
    const owner = await aSignedUp(auth);
    const [home, elsewhere] = [anAddress(), anAddress()];
    expect(await isOpenTo(owner, home)).toBe(200);
    await fails(owner.email, 5);
    expect(await isOpenTo(owner, elsewhere)).toBe(429);
    expect(await isOpenTo(owner, home)).toBe(200);
    // That the owner comes in from home frees nobody else.
    expect(await isOpenTo(owner, elsewhere)).toBe(429);
  });

  test('is counted apart at a known address as well', async () => {
    const owner = await aSignedUp(auth);
    const home = anAddress();
    await isOpenTo(owner, home);
    for (let time = 0; time < 5; time += 1) await guesses(owner.email, home);
    expect(await isOpenTo(owner, home)).toBe(429);
    expect(await isOpenTo(owner)).toBe(200);
  });

  test('with a business of his own under the same e-mail guesses no more often', async () => {
    const owner = await aSignedUp(auth);
    const theirs = { ...owner.sent, subdomain: `${owner.subdomain}-x`, password: 'their-own-one' };
    await ask(auth, '/signup', { body: theirs });
    for (let time = 0; time < 5; time += 1) {
      await logsIn(owner.email, 'their-own-one');
      await guesses(owner.email);
    }
    // The owner's account is locked; the stranger's own is not.
    const { subdomain, email, password } = owner;
    const own = await ask(auth, '/login', {
      from: anAddress(),
      body: { email, password, subdomain },
    });
    expect([own.status, own.code]).toEqual([401, 'credentials_invalid']);
    passes(auth, 60);
    expect((await logsIn(email, password)).status).toBe(200);
    expect((await logsIn(email, 'their-own-one')).status).toBe(200);
  });

  test('who tries many accounts from one address is stopped there, not the others', async () => {
    const owner = await aSignedUp(auth);
    const address = anAddress();
    const statuses: number[] = [];
    // Ten at once: a busy machine would send some of sixty away before they are checked.
    for (let first = 0; first < 60; first += 10) {
      const emails = Array.from({ length: 10 }, (_, index) => `nobody${first + index}@no.example`);
      const answers = await Promise.all(emails.map((email) => guesses(email, address)));
      statuses.push(...answers.map(({ status }) => status));
    }
    const count = (wanted: number) => statuses.filter((status) => status === wanted).length;
    expect([count(401), count(429)]).toEqual([50, 10]);
    expect([await isOpenTo(owner, address), await isOpenTo(owner)]).toEqual([429, 200]);
  });
});

test('two hundred log-ins at once end in tokens or in a clean refusal', async () => {
  const owners = await Promise.all(Array.from({ length: 4 }, () => aSignedUp(auth)));
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => isOpenTo(owners[index % 4] as SignedUp)),
  );
  expect(answers.filter((status) => ![200, 429, 503].includes(status))).toEqual([]);
  expect(answers.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
}, 60_000);

test('the counters name nobody', async () => {
  const owner = await aSignedUp(auth);
  const from = anAddress();
  await guesses(owner.email, from);
  const rows = await auth.database.inspect(
    'SELECT to_jsonb(t)::text AS text FROM auth.throttles t',
  );
  const text = rows.map((row) => row.text).join();
  for (const secret of [owner.email, from, owner.user.id]) expect(text).not.toContain(secret);
});
