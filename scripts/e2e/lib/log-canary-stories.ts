/**
 * The stories in which secrets are sent, answered and put where they don't belong: each secret is
 * one that stands nowhere else, and is written down with a name by which it may be told.
 */
import { execFile } from 'node:child_process';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { trip } from '../../../infra/demo/charter-company.ts';
import { type Answer, send, until } from './http.ts';
import { anOffice, type Office, paymentLink, tokenOf } from './office.ts';
import type { Canaries } from './secret-search.ts';

const run = promisify(execFile);

/** Fields of answers that are shown to whoever asked, and to nobody else. */
const SECRET_FIELDS =
  /^(access_token|refresh_token|mfa_token|secret|uri|recovery_codes|public_url|payment_url)$/;

export class Stories {
  readonly canaries: Canaries = new Map();
  /** What the answers were, by status: a story that is refused at the door proves nothing. */
  readonly statuses = new Map<number, number>();

  /** A new one, of the form that its field asks for. */
  canary(name: string, form: (unique: string) => string = (unique) => `Cnry-${unique}`): string {
    const canary = form(randomBytes(12).toString('hex'));
    this.canaries.set(name, canary);
    return canary;
  }

  #harvest(value: unknown, field: string, where: string): void {
    if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value)) {
        this.#harvest(one, Array.isArray(value) ? field : key, where);
      }
    } else if (typeof value === 'string' && SECRET_FIELDS.test(field)) {
      const secret = field.endsWith('_url') ? tokenOf(value) : value;
      this.canaries.set(`${field} of ${where} (${this.canaries.size})`, secret);
    }
  }

  async #send(
    path: string,
    {
      method = 'POST',
      ...how
    }: { method?: string; bytes?: string; headers: Record<string, string> },
  ): Promise<Answer> {
    const answer = await send({ method, path, ...how });
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
    this.#harvest(answer.body, '', path.split(/[?/]/).slice(0, 2).join('/'));
    return answer;
  }

  post(path: string, body: unknown, token?: string, more: Record<string, string> = {}) {
    const authorization: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'content-type': 'application/json', ...authorization, ...more };
    const bytes = typeof body === 'string' ? body : JSON.stringify(body);
    return this.#send(path, { bytes, headers });
  }

  get(path: string, headers: Record<string, string> = {}) {
    return this.#send(path, { method: 'GET', headers });
  }

  form(path: string, fields: Record<string, string>, more: Record<string, string> = {}) {
    const bytes = String(new URLSearchParams(fields));
    return this.#send(path, {
      bytes,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...more },
    });
  }
}

/** A command has a second to reach the database, and the machine may have other things to do. */
const TRIES = 5;

/** The link that a person was sent, as the operator of the platform gets it. */
async function linkTo(kind: string, email: string): Promise<string> {
  const command = join(import.meta.dirname, '../../link');
  const args = [kind, email, '--data', String(process.env.DATA_DIR)];
  for (let tried = 1; ; tried += 1) {
    try {
      return tokenOf((await run(command, args)).stdout.trim());
    } catch (error) {
      if (tried === TRIES) throw error;
    }
  }
}

const password = (stories: Stories, name: string) =>
  stories.canary(name, (unique) => `pa "ss"&<é>/${unique}`);
const email = (stories: Stories, name: string) =>
  stories.canary(name, (unique) => `c.${unique}@harbor.example`);

/** A code of the authenticator (RFC 6238), for a secret in base32. */
function codeOf(secret: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((one) => letters.indexOf(one).toString(2).padStart(5, '0')).join('');
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const at = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

export interface Person {
  email: string;
  password: string;
  token: string;
}

/** Signs up, logs in wrong and right, refreshes, forgets the password, and puts things wrongly. */
export async function people(stories: Stories): Promise<Person> {
  const who = { email: email(stories, 'an e-mail'), password: password(stories, 'a password') };
  const unique = randomUUID().slice(0, 13);
  const { body } = await stories.post('auth/signup', {
    ...{ business_name: 'Harbor Coaches', subdomain: `canary-${unique}`, ...who },
    ...{ first_name: stories.canary('a first name'), last_name: stories.canary('a last name') },
  });
  const wrong = password(stories, 'a wrong password');
  await stories.post('auth/login', { ...who, password: wrong });
  await stories.post('auth/login', who);
  await stories.post('auth/refresh', { refresh_token: body.refresh_token });
  await stories.post('auth/refresh', { refresh_token: stories.canary('a wrong refresh token') });
  await stories.form('auth/token', {
    ...{ grant_type: 'password', username: who.email, password: wrong },
  });

  const misplaced = password(stories, 'a password in another field');
  await stories.post('auth/login', { email: misplaced, password: misplaced });
  await stories.post('auth/login', { ...who, [misplaced]: misplaced });
  await stories.post('auth/login', { ...who, subdomain: misplaced });
  await stories.post('auth/login', `{"email": "x", "password": "${misplaced}" ${misplaced}`);
  await stories.post('auth/login', misplaced, undefined, { 'content-type': 'text/plain' });
  await stories.post(`auth/login?password=${encodeURIComponent(misplaced)}`, who);
  await stories.get(`auth/${stories.canary('a secret in a path')}`);
  await stories.get(`no-service/${stories.canary('a secret in a path of nobody')}`);
  for (const [name, scheme] of Object.entries({
    bearer: 'Bearer',
    basic: 'Basic',
    other: 'Cnry',
  })) {
    const authorization = `${scheme} ${stories.canary(`credentials of ${name}`)}`;
    await stories.get('clients/clients', { authorization });
    await stories.get('auth/me', { authorization, cookie: stories.canary(`a cookie (${name})`) });
  }

  await stories.post('auth/password-resets', { email: who.email });
  const reset = await linkTo('reset', who.email);
  stories.canaries.set('a reset link', reset);
  await stories.get(`auth/public/resets/${reset}`);
  const next = password(stories, 'a new password');
  await stories.post(`auth/public/resets/${reset}`, { password: next });
  await stories.post(`auth/public/resets/${reset}`, { password: next });
  await stories.get(`auth/public/resets/${stories.canary('a reset link of nobody')}`);
  const { body: back } = await stories.post('auth/login', { ...who, password: next });
  return { email: who.email, password: next, token: back.access_token };
}

/** A colleague by invitation, a machine with its secret, and a second factor. */
export async function keys(stories: Stories, owner: Person): Promise<void> {
  const invited = email(stories, 'an e-mail of a colleague');
  await stories.post('auth/invitations', { email: invited, roles: ['admin'] }, owner.token);
  const invitation = await linkTo('invitation', invited);
  stories.canaries.set('an invitation link', invitation);
  await stories.get(`auth/public/invitations/${invitation}`);
  const own = password(stories, "a colleague's password");
  const name = { first_name: 'Ann', last_name: 'Lee' };
  await stories.post(`auth/public/invitations/${invitation}/accept`, { ...name, password: own });

  const partner = { name: 'Partner', scopes: ['clients:read'] };
  const { body: machine } = await stories.post('auth/machine-clients', partner, owner.token);
  const grant = { grant_type: 'client_credentials' };
  const client_id = machine.id;
  await stories.form('auth/token', { ...grant, client_id, client_secret: machine.secret });
  const client_secret = stories.canary('a wrong secret of a machine');
  await stories.form('auth/token', { ...grant, client_id, client_secret });
  const basic = Buffer.from(`${client_id}:${machine.secret}`).toString('base64');
  await stories.form('auth/token', grant, { authorization: `Basic ${basic}` });
  const path = `auth/machine-clients/${client_id}/rotate-secret`;
  await stories.post(path, { overlap_hours: 1 }, owner.token);

  const { password: current_password, token } = owner;
  const enrolled = await stories.post('auth/me/second-factor/enroll', { current_password }, token);
  const code = codeOf(enrolled.body.secret);
  stories.canaries.set('a code of the authenticator', code);
  const confirmed = await stories.post('auth/me/second-factor/confirm', { code }, token);
  const log_in = { email: owner.email, password: owner.password };
  const { body: asked } = await stories.post('auth/login', log_in);
  const { mfa_token } = asked;
  const [recovery] = confirmed.body.recovery_codes;
  for (const one of ['271828', code, recovery]) {
    await stories.post('auth/login/second-factor', { mfa_token, code: one });
  }
}

/** Quote, acceptance, and payments with cards where they belong and where they don't. */
export async function money(stories: Stories): Promise<Office> {
  const office = await anOffice({ coaches: 2 });
  stories.canaries.set("an office's token", office.token);
  stories.canaries.set("an office's e-mail", office.owner.email);
  const { link } = await office.sendsQuoteFor(trip(office.nextWeek()));
  stories.canaries.set('a quote link', link);
  const key = stories.canary('an idempotency key');
  const name = stories.canary('a signature');
  const accepted = { name, terms_accepted: true };
  const accept = `charters/public/quotes/${link}/accept`;
  await stories.post(accept, accepted, undefined, { 'idempotency-key': key });
  await stories.post(accept, accepted, undefined, { 'idempotency-key': key });
  const pay = await paymentLink(link);
  stories.canaries.set('a payment link', pay);
  const charge = `payments/public/links/${pay}/pay`;
  const card = stories.canary('a card number', () => '4242 4242 4242 4242');
  const bare = stories.canary('a card number without spaces', () => '4000056655665556');
  const method = stories.canary('a payment method', (unique) => `pm_${unique}`);
  const items = { item: 'deposit' };
  for (const payment_method of [card, bare, method]) {
    await stories.post(charge, { ...items, payment_method }, undefined, {
      'idempotency-key': randomUUID(),
    });
  }
  await stories.post(charge, { item: bare, payment_method: card, [`card ${bare}`]: card });
  await stories.get(`payments/public/links/${stories.canary('a payment link of nobody')}`);
  await stories.post(charge, { ...items, payment_method: 'pm_card_visa' }, undefined, {
    'idempotency-key': randomUUID(),
  });
  await until(
    { method: 'GET', path: `payments/public/links/${pay}` },
    ({ status }) => status === 200,
  );
  await stories.post('payments/webhooks/stripe', { id: 'evt_1', secret: card }, undefined, {
    'stripe-signature': `t=1,v1=${stories.canary('a signature of a webhook')}`,
  });
  return office;
}

/** Clients by hand and by table, as they should be and broken. */
export async function clients(stories: Stories, { token }: Office): Promise<string> {
  const name = stories.canary("a client's name");
  const phone = stories.canary("a client's phone", () => '+442079460958');
  const mail = email(stories, "a client's e-mail");
  const entered = { name, phone, email: mail };
  const key = stories.canary('a key of an entry');
  await stories.post('clients/clients', entered, token, { 'idempotency-key': key });
  await stories.post('clients/clients', { ...entered, name: 'Other' }, token, {
    'idempotency-key': key,
  });
  await stories.post('clients/clients', entered, token);
  await stories.post('clients/clients', { ...entered, kind: name, external_id: [name] }, token);
  await stories.get(`clients/clients?q=${encodeURIComponent(name)}&limit=${name}`, {
    authorization: `Bearer ${token}`,
  });
  const cell = stories.canary('a cell of a table');
  for (const table of [
    `name,email,phone\n${cell},${cell}@harbor.example,`,
    `name,${cell}\n"${cell}`,
    `name,email\n${cell},not ${cell}\n`,
  ]) {
    await stories.post('clients/imports', table, token, { 'content-type': 'text/csv' });
  }
  return name;
}
