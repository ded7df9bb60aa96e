/** Two hundred businesses at once, each with its first client a moment after its sign-up. */
import { call } from './http.ts';
import { signUpBody } from './office.ts';
import { check, finish } from './tap.ts';

const SIGN_UPS = 200;
const AT_ONCE = 10;
const [mode = ''] = process.argv.slice(2);
/** An address of its own for each run: what the edge lets one address do in a minute is limited. */
const from = mode === 'with-transport' ? '127.0.2.1' : '127.0.2.2';

async function signUpAndWork(): Promise<string> {
  const signed = await call({ method: 'POST', path: 'auth/signup', body: signUpBody(), from });
  if (signed.status !== 201) return `sign-up ${signed.status}`;
  const token = signed.body.access_token;
  const client = { name: 'First Client' };
  const first = await call({ method: 'POST', path: 'clients/clients', token, body: client });
  if (first.status !== 201) return `first call ${first.status} ${JSON.stringify(first.body)}`;
  return first.body.time_zone === 'America/New_York' ? 'works' : 'wrong settings';
}

const outcomes: string[] = [];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let turn = 0; turn < SIGN_UPS / AT_ONCE; turn += 1) outcomes.push(await signUpAndWork());
  }),
);
const bad = outcomes.filter((outcome) => outcome !== 'works');
check(
  `${SIGN_UPS} sign-ups ${mode}, each followed at once by a first call`,
  bad.length === 0,
  bad[0],
);
finish();
