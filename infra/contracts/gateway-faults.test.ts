import { expect, test } from '@jest/globals';
import { defineContract, IdParams } from '@roundhouse/service/contract';
import { z } from 'zod';
import { gatewayFaults } from './gateway-faults.ts';

const common = { summary: 'x', status: 200, response: z.object({}) } as const;
const pets = defineContract('pets', {
  getPet: {
    ...common,
    method: 'get',
    path: '/pets/:id',
    params: IdParams,
    permission: 'clients:read',
  },
  adopt: { ...common, method: 'post', path: '/adopt', public: true },
});

const KONG = `
_format_version: "3.0"
_ignore:
  - &protected
    - name: jwt
services:
  - name: pets
    url: http://pets:3000
    routes:
      - {name: pets, paths: ["~/api/v1/pets(?:/|$)"], regex_priority: 0, strip_path: true}
    plugins: *protected
  - name: pets-adopt
    url: http://pets:3000/adopt
    routes:
      - {name: pets-adopt, paths: ["~/api/v1/pets/adopt$"], regex_priority: 10, strip_path: true}
  - name: pets-health
    url: http://pets:3000/health
    routes:
      - {name: pets-health, paths: ["~/api/v1/pets/health$"], regex_priority: 10, strip_path: true}
consumers:
  - username: roundhouse
`;

const faultsOf = (kong: string) => gatewayFaults([pets], kong);

test('the two forms of route lead each call to its service', () => {
  expect(faultsOf(KONG)).toEqual([]);
});

test.each([
  ['no token asked', '    plugins: *protected\n', '', 'getPet is protected, and pets asks for no'],
  [
    'a jwt plugin that is switched off',
    '- name: jwt',
    '- {name: jwt, enabled: false}',
    'getPet is protected, and pets asks for no token',
  ],
  [
    'a token asked of the public',
    'consumers:',
    'plugins: [{name: jwt}]\nconsumers:',
    'adopt is public, and pets-adopt asks for a token',
  ],
  [
    'another service behind it',
    'http://pets:3000/adopt',
    'http://clients:3000/adopt',
    'adopt /api/v1/pets/adopt leads to clients',
  ],
  [
    'a path that is lost on the way',
    'http://pets:3000/adopt',
    'http://pets:3000',
    'adopt /api/v1/pets/adopt arrives as /, not as /adopt',
  ],
  [
    'equal priorities',
    'adopt$"], regex_priority: 10',
    'adopt$"], regex_priority: 0',
    'adopt /api/v1/pets/adopt may take pets or pets-adopt',
  ],
  ['no way at all', 'v1/pets(?:/|$)', 'v1/dogs(?:/|$)', 'is reached by no route'],
  [
    'a way to nothing',
    'v1/pets(?:/|$)',
    'v1/dogs(?:/|$)',
    'pets: ~/api/v1/dogs(?:/|$) leads to no',
  ],
  ['a kept prefix', 'strip_path: true', 'strip_path: false', 'does not say strip_path: true'],
  ['a default strip_path', ', strip_path: true', '', 'does not say strip_path: true'],
  ['a plain prefix', '~/api/v1/pets(?:/|$)', '/api/v1/pets', 'without a segment boundary'],
  ['a service without a name', '  - name: pets-adopt\n    url', '  - url', 'has no name'],
  ['a consumer without a name', 'username: roundhouse', 'custom_id: x', 'a consumer has no name'],
])('%s is a fault', (_, declared, planted, fault) => {
  expect(KONG).toContain(declared);
  const faults = faultsOf(KONG.replace(declared, planted));
  expect(faults).toContainEqual(expect.stringContaining(fault));
});

test('a public route that kong.yml does not know waits behind the token: a fault', () => {
  const start = KONG.indexOf('  - name: pets-adopt');
  const kong = KONG.slice(0, start) + KONG.slice(KONG.indexOf('  - name: pets-health'));
  expect(faultsOf(kong)).toEqual(['kong.yml: pets: adopt is public, and pets asks for a token']);
});
