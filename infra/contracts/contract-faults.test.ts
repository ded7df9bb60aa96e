import { expect, test } from '@jest/globals';
import { defineEvent } from '@roundhouse/events/schema';
import { defineContract, IdParams, type Route } from '@roundhouse/service/contract';
import { z } from 'zod';
import { contractFaults } from './contract-faults.ts';

const getPet = {
  method: 'get',
  path: '/pets/:id',
  summary: 'Read a pet',
  permission: 'clients:read',
  params: IdParams,
  status: 200,
  response: z.object({ id: z.uuid(), name: z.string() }),
} as const satisfies Route;

const PetNamed = defineEvent('pets.pet.named.v1', z.object({ name: z.string() }), { name: 'Rex' });

const faultsOf = (route: object, events = [PetNamed], service = 'pets') => {
  const contract = defineContract('pets', { getPet: { ...getPet, ...route } as Route });
  return contractFaults({ service, contract, events });
};

test('a contract that keeps its word has no faults', async () => {
  expect(await faultsOf({})).toEqual([]);
});

test.each([
  ['no permission', { permission: undefined }, 'asks for a permission or is public'],
  ['a permission and the public', { public: true }, 'asks for a permission or is public'],
  [
    'an unknown permission',
    { permission: 'plants:read' },
    'asks for plants:read, which is neither granted nor of the area pets',
  ],
  ['a loud error code', { errors: { PetGone: 404 } }, 'the error code PetGone'],
  ['undeclared parameters', { params: undefined }, 'has id in its path and declares '],
  ['a status that is none', { status: 7 }, 'OpenAPI: '],
  [
    'a pattern that is none',
    { response: z.object({ name: z.string().meta({ pattern: '(' }) }) },
    'OpenAPI: /paths/~1pets~1pets~1{id}/get/responses/200',
  ],
  [
    'a reference into nothing',
    { response: z.object({ name: z.string().meta({ $ref: '#/nowhere' }) }) },
    "can't resolve reference",
  ],
])('a route with %s is a fault', async (_, route, fault) => {
  expect(await faultsOf(route)).toContainEqual(expect.stringContaining(fault));
});

const name = z.string().meta({ id: 'Name' });

test('a shape with a name may stand within others, time and again', async () => {
  const pet = z.object({ name, owner: z.object({ name }).meta({ id: 'Owner' }) });
  expect(await faultsOf({ response: pet, body: z.object({ name }) })).toEqual([]);
});

test('two shapes of one name are a fault', async () => {
  const other = z.int().meta({ id: 'Name' });
  const fault = [expect.stringMatching(/^pets: OpenAPI: .*Name/)];
  expect(await faultsOf({ response: name, body: other })).toEqual(fault);
  expect(await faultsOf({ response: z.object({ name, other }) })).toEqual(fault);
});

test('a contract of another name is a fault', async () => {
  expect(await faultsOf({}, [], 'clients')).toEqual(['clients: calls itself pets']);
});

test('a foreign event, a wrong example and an event declared twice are three faults', async () => {
  const data = z.object({ name: z.string() });
  const event = defineEvent('clients.pet.named.v1', data, { name: 7 } as never);
  expect(await faultsOf({}, [PetNamed, event, PetNamed])).toEqual([
    'pets: clients.pet.named.v1 is not named after its service',
    expect.stringContaining('pets: clients.pet.named.v1 has an example outside its shape'),
    'pets: declares pets.pet.named.v1 twice',
  ]);
});
