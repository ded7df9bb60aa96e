/**
 * Log-ins as attackers and authenticators make them: fifty wrong passwords at once (C14, LOCK_OUTS
 * times), two hundred right ones, and a second factor. Each caller has a loopback address of its
 * own, since the gateway and auth both count by address.
 */
import { createHmac } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type Answer, call } from './http.ts';
import { signUpBody } from './office.ts';
import { check, finish } from './tap.ts';

let last = 0;
const anAddress = () => {
  last += 1;
  return `127.77.${Math.floor(last / 250)}.${(last % 250) + 1}`;
};

const post = (
  path: string,
  body: object,
  { token, from }: { token?: string; from?: string } = {},
) => call({ method: 'POST', path: `auth/${path}`, body, token, from: from ?? anAddress() });

async function aBusiness() {
  const business = signUpBody();
  const { body } = await post('signup', business);
  return { email: business.email, password: business.password, token: body.access_token as string };
}

const counts = (answers: Answer[]) => {
  const found = new Map<number, number>();
  for (const { status } of answers) found.set(status, (found.get(status) ?? 0) + 1);
  return (...statuses: number[]) =>
    statuses.reduce((sum, status) => sum + (found.get(status) ?? 0), 0);
};

const many = (count: number, ask: (index: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => ask(index)));

/** What a busy platform sends away is asked again, as often as it takes. */
async function untilServed(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
    await setTimeout(1_000 * Number(answer.headers['retry-after']));
  }
}

async function lockOut(): Promise<void> {
  const { email, password } = await aBusiness();
  const home = anAddress();
  await post('login', { email, password }, { from: home });
  const wrong = { email, password: 'a-wrong-guess' };
  const guesses = counts(await many(50, () => untilServed(() => post('login', wrong))));
  const told = `${guesses(401)} checked, ${guesses(429)} refused`;
  check('C14: of 50 wrong passwords at once at most 5 are checked', guesses(401) <= 5, told);
  check('C14: the others are told to wait', guesses(401) + guesses(429) === 50, told);
  // On a slow machine the first wait may be over by now; the next one is longer.
  for (let time = 0; time < 5; time += 1) {
    if ((await untilServed(() => post('login', wrong))).status === 429) break;
  }
  const right = await untilServed(() => post('login', { email, password }));
  check('C14: the lock-out holds, for the right password as well', right.status === 429);
  const seconds = Number(right.headers['retry-after']);
  check('C14: and says for how long', seconds > 0 && seconds <= 120, String(seconds));
  const own = await untilServed(() => post('login', { email, password }, { from: home }));
  check('but not for an address that the account knows', own.status === 200, String(own.status));
}

async function crowd(): Promise<void> {
  const people = await Promise.all(Array.from({ length: 20 }, aBusiness));
  const answers = await many(200, (index) => {
    const { email = '', password = '' } = people[index % people.length] ?? {};
    return post('login', { email, password });
  });
  const found = counts(answers);
  const told = `${found(200)} in, ${found(429)} to wait, ${found(503)} busy`;
  process.stdout.write(`# 200 log-ins at once: ${told}\n`);
  check('200 log-ins at once end in tokens or a clean refusal', found(200, 429, 503) === 200, told);
  check('and somebody gets in', found(200) >= people.length, told);
  const refused = answers.filter(({ status }) => status !== 200);
  const kind = refused.every(({ headers }) => Number(headers['retry-after']) > 0);
  check('and whoever does not is told when to try again', kind);
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 6238 in its few lines: what our library makes is judged by something else. */
function codeOf(secret: string, step: number): string {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0'));
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(at) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0');
}

async function secondFactor(): Promise<void> {
  const { email, password, token } = await aBusiness();
  const body = { current_password: password };
  const enrolled = await post('me/second-factor/enroll', body, { token });
  check('an authenticator is enrolled', enrolled.status === 201, String(enrolled.status));
  const step = Math.floor(Date.now() / 30_000);
  const code = (ahead: number) => codeOf(enrolled.body.secret, step + ahead);
  const confirmed = await post('me/second-factor/confirm', { code: code(0) }, { token });
  check('and confirmed by a code', confirmed.body.recovery_codes?.length === 10);
  const asked = await post('login', { email, password });
  const is_asked = asked.status === 401 && asked.body.code === 'mfa_required';
  check('a log-in then asks for a code', is_asked, asked.text);
  const { mfa_token } = asked.body;
  const goOn = (text: string, of = mfa_token) =>
    post('login/second-factor', { mfa_token: of, code: text });
  check('a code that was used is refused', (await goOn(code(0))).status === 401);
  const next = await goOn(code(1));
  check('the next one lets in', next.status === 200, next.text);
  check('a question is answered once', (await goOn(code(1))).body.code === 'mfa_token_invalid');
  const again = await post('login', { email, password });
  const [recovery = ''] = confirmed.body.recovery_codes ?? [];
  const recovered = await goOn(recovery, again.body.mfa_token);
  check('a recovery code lets in as well', recovered.status === 200, recovered.text);
  const third = await post('login', { email, password });
  const twice = await goOn(recovery, third.body.mfa_token);
  check('and does so once', twice.body.code === 'code_invalid', twice.text);
}

for (let round = 0; round < Number(process.env.LOCK_OUTS ?? 1); round += 1) await lockOut();
await crowd();
await secondFactor();
finish();
