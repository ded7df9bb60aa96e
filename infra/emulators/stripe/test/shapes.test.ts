import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { skippedTest } from '@roundhouse/testing';
import { payment, startEmulator } from './harness.ts';

type Schema = {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  'x-open-enum'?: boolean;
  nullable?: boolean;
  anyOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
};

/** Made from the SDK's own types; it lies beside the repository and is no part of it. */
const SPEC = new URL(
  '../../../../../shared/specs/stripe-2026-10-28.endive.from-sdk-types.json',
  import.meta.url,
);

/** Every way in which a value is not what its schema says, by the path to it. */
function problemsIn(value: unknown, schema: Schema, named: Record<string, Schema>): string[] {
  const target = schema.$ref === undefined ? schema : named[schema.$ref.split('/').at(-1) ?? ''];
  if (target === undefined) return [`: no schema ${schema.$ref}`];
  if (value === null && (target.nullable || schema.nullable)) return [];
  if (target.anyOf !== undefined) {
    const each = target.anyOf.map((one) => problemsIn(value, one, named));
    return each.find((problems) => problems.length === 0) ?? each.flat();
  }
  if (target.allOf !== undefined)
    return target.allOf.flatMap((all) => problemsIn(value, all, named));
  if (!hasType(value, target.type)) return [`: ${JSON.stringify(value)} is not ${target.type}`];
  if (target.enum && !target['x-open-enum'] && !target.enum.includes(value)) {
    return [`: ${JSON.stringify(value)} is none of the words`];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, at) =>
      under(`[${at}]`, problemsIn(item, target.items ?? {}, named)),
    );
  }
  return typeof value === 'object' && value !== null ? problemsInside(value, target, named) : [];
}

function problemsInside(value: object, schema: Schema, named: Record<string, Schema>): string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const open = Object.keys(properties).length === 0 || additionalProperties !== undefined;
  const missing = required.filter((name) => !(name in value)).map((name) => `.${name}: missing`);
  const inside = Object.entries(value).flatMap(([name, field]) => {
    const own = properties[name];
    if (own !== undefined) return under(`.${name}`, problemsIn(field, own, named));
    return open ? [] : [`.${name}: unknown`];
  });
  return [...missing, ...inside];
}

function hasType(value: unknown, type: string | undefined): boolean {
  if (type === undefined) return true;
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function under(path: string, problems: string[]): string[] {
  return problems.map((problem) => `${path}${problem}`);
}

function readSpec(): Record<string, Schema> {
  return JSON.parse(readFileSync(SPEC, 'utf8')).components.schemas;
}

test('the check of shapes sees a missing, a mistyped and an unknown field', () => {
  const schema: Schema = {
    type: 'object',
    required: ['id', 'amount'],
    properties: { id: { type: 'string' }, amount: { type: 'integer', nullable: true } },
  };
  expect(problemsIn({ id: 'x', amount: null }, schema, {})).toEqual([]);
  expect(problemsIn({ id: 1, surprise: true }, schema, {})).toEqual([
    '.amount: missing',
    '.id: 1 is not string',
    '.surprise: unknown',
  ]);
});

if (existsSync(SPEC)) {
  test('every object has the fields that the SDK declares', async () => {
    const named = readSpec();
    await using emulator = await startEmulator();
    const { stripe } = emulator;
    const account = await emulator.newAccount();
    const customer = await stripe.customers.create(
      { name: 'Ada', address: { city: 'Bath' } },
      account,
    );
    const create = (payment_method: string) =>
      stripe.paymentIntents
        .create(payment({ payment_method, customer: customer.id }), account)
        .catch(() => undefined);
    const paid = await create('pm_card_visa');
    await create('pm_card_chargeDeclinedExpiredCard');
    await create('pm_card_radarBlock');
    const { data: events } = await stripe.events.list({ limit: 100 }, account);
    const objects: object[] = [
      customer,
      await stripe.accounts.retrieve(account.stripeAccount),
      await stripe.balance.retrieve({}, account),
      await stripe.paymentMethods.retrieve(String(paid?.payment_method), {}, account),
      ...(await stripe.paymentIntents.list({ expand: ['data.latest_charge'] }, account)).data,
      ...(await stripe.charges.list({}, account)).data,
      ...(await stripe.balanceTransactions.list({}, account)).data,
      ...events,
      ...events.map((event) => event.data.object),
    ];
    const bodies = objects.map(
      (body) => ({ ...body }) as { object: string; lastResponse?: unknown },
    );
    const seen = new Set(bodies.map(({ object }) => object));
    expect([...seen].sort()).toEqual([
      'account',
      'balance',
      'balance_transaction',
      'charge',
      'customer',
      'event',
      'payment_intent',
      'payment_method',
    ]);
    const problems = bodies.flatMap(({ lastResponse: _, ...body }) =>
      under(body.object, problemsIn(body, named[body.object] ?? {}, named)),
    );
    expect(problems).toEqual([]);
  });
} else {
  skippedTest('every object has the fields that the SDK declares', 'the derived spec is not here');
}
