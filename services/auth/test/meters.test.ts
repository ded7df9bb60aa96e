import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { counted } from '@roundhouse/testing';
import { type AuthService, aBusiness, anAuthService } from './an-auth-service.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

const logIns = (result: string) => counted('roundhouse_log_ins_total', { result });

test('a sign-up and a log-in are counted by what came of them', async () => {
  const { email, password, ...business } = aBusiness();
  const [signUps, taken] = [await counted('roundhouse_sign_ups_total'), await logIns('refused')];
  await auth.stranger().does('signUp', { body: { ...business, email, password } });
  await auth.stranger().tries('signUp', { body: { ...business, email, password } });
  expect(await counted('roundhouse_sign_ups_total')).toBe(signUps + 1);

  const before = await logIns('succeeded');
  await auth.logsIn({ email, password });
  await auth.logsIn({ email, password: 'wrong-password' });
  expect(await logIns('succeeded')).toBe(before + 1);
  expect(await logIns('refused')).toBe(taken + 1);
});

test('who has failed too often is counted as throttled', async () => {
  const guess = { email: `${aBusiness().subdomain}@nowhere.example`, password: 'wrong-password' };
  const before = await logIns('throttled');
  let code: string | undefined;
  for (let tried = 0; tried < 50 && code !== 'too_many_attempts'; tried += 1) {
    code = (await auth.logsIn(guess)).code;
  }
  expect(code).toBe('too_many_attempts');
  expect(await logIns('throttled')).toBe(before + 1);
});
