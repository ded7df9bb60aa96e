import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { payment, type Requests, type Running, refusalOf, sdk, startEmulator } from './harness.ts';

let emulator: Running;
let account: { stripeAccount: string };

beforeAll(async () => {
  emulator = await startEmulator();
  account = await emulator.newAccount();
});

afterAll(() => emulator[Symbol.asyncDispose]());

/** Sends what the SDK's types forbid. */
function create(parameters: object): Promise<unknown> {
  return emulator.stripe.paymentIntents.create({ ...payment(), ...parameters }, account);
}

test.each([
  [
    'an unknown parameter',
    { payment_method_types: ['card'] },
    'parameter_unknown',
    'payment_method_types',
  ],
  [
    'an unknown parameter inside another',
    { automatic_payment_methods: { enabled: true, redirects: 'never' } },
    'parameter_unknown',
    'automatic_payment_methods[redirects]',
  ],
  ['a missing currency', { currency: undefined }, 'parameter_missing', 'currency'],
  ['an empty amount', { amount: '' }, 'parameter_invalid_empty', 'amount'],
  ['a fraction of a cent', { amount: 10.5 }, 'parameter_invalid_integer', 'amount'],
  ['a negative amount', { amount: -100 }, 'parameter_invalid_integer', 'amount'],
  ['less than the minimum', { amount: 49 }, 'amount_too_small', 'amount'],
  ['more than the maximum', { amount: 100_000_000 }, 'amount_too_large', 'amount'],
  ['a currency in capitals', { currency: 'USD' }, undefined, 'currency'],
  ['a boolean that is none', { confirm: 'yes' }, undefined, 'confirm'],
  ['text where an object belongs', { metadata: 'x' }, undefined, 'metadata'],
  [
    'a payment method of nobody',
    { payment_method: 'pm_none' },
    'resource_missing',
    'payment_method',
  ],
  ['a test card of nobody', { payment_method: 'pm_card_no' }, 'resource_missing', 'payment_method'],
  ['a customer of nobody', { customer: 'cus_none' }, 'resource_missing', 'customer'],
])('%s is refused', async (_what, parameters, code, param) => {
  expect(await refusalOf(create(parameters))).toEqual({
    type: 'StripeInvalidRequestError',
    statusCode: 400,
    ...(code === undefined ? {} : { code }),
    param,
  });
  expect((await emulator.stripe.charges.list({}, account)).data).toEqual([]);
});

test('a payment that could redirect needs an address to return to', async () => {
  const automatic_payment_methods = { enabled: true, allow_redirects: 'always' };
  expect(await refusalOf(create({ automatic_payment_methods }))).toMatchObject({ statusCode: 400 });
  expect((await emulator.stripe.paymentIntents.list({}, account)).data).toEqual([]);
});

test('an account without card payments takes none', async () => {
  const { id } = await emulator.stripe.accounts.create({ type: 'custom' });
  const paid = emulator.stripe.paymentIntents.create(payment(), { stripeAccount: id });
  expect(await refusalOf(paid)).toMatchObject({ statusCode: 400 });
});

test('a wrong key is 401, an unknown account 403, an unknown version 400', async () => {
  const stranger = sdk(emulator.port, { key: 'sk_test_other' });
  expect(await refusalOf(stranger.balance.retrieve())).toMatchObject({
    type: 'StripeAuthenticationError',
    statusCode: 401,
  });
  const nobody = emulator.stripe.balance.retrieve({}, { stripeAccount: 'acct_none' });
  expect(await refusalOf(nobody)).toMatchObject({ statusCode: 403, code: 'account_invalid' });
  const old = emulator.stripe.balance.retrieve({}, { apiVersion: '2023-08-16' });
  expect(await refusalOf(old)).toEqual({ type: 'StripeInvalidRequestError', statusCode: 400 });
});

test.each([
  ['a route', () => emulator.stripe.refunds.create({ charge: 'ch_1' }, account)],
  ['a parameter', () => create({ setup_future_usage: 'off_session' })],
  ['a test card', () => create({ payment_method: 'pm_card_authenticationRequired' })],
  ['manual capture', () => create({ capture_method: 'manual' })],
])('%s that is not emulated is 501 and logged', async (_what, call) => {
  const before = emulator.log.length;
  expect(await refusalOf(call())).toMatchObject({ statusCode: 501, code: 'not_emulated' });
  expect(emulator.log.slice(before)).toMatchObject([
    { level: 'error', fields: { event: 'not_emulated' } },
  ]);
});

test('a gap is not asked for again', async () => {
  await using emulator = await startEmulator();
  const patient = sdk(emulator.port, { retries: 2 });
  await refusalOf(patient.refunds.create({ charge: 'ch_1' }));
  const answer = await emulator.admin('/requests?limit=3');
  const { requests } = (await answer.json()) as Requests;
  expect(requests.filter(({ path }) => path === '/v1/refunds')).toMatchObject([{ status: 501 }]);
});
