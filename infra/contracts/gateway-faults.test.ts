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

const LIMIT = 'plugins: [{name: rate-limiting, config: {minute: 600, limit_by: ip}}]';
const JWT = '      - {name: jwt, config: {key_claim_name: kid, claims_to_verify: [exp, nbf]}}\n';
const KONG = `
_format_version: "3.0"
_ignore:
  - &timeouts {retries: 1}
services:
  - <<: *timeouts
    name: pets
    url: http://pets:3000
    routes:
      - {name: pets, paths: ["~/api/v1/pets(?:/|$)"], regex_priority: 0, strip_path: true}
    plugins:
${JWT}      - {name: rate-limiting, config: {minute: 3000, limit_by: ip}}
  - name: pets-adopt
    url: http://pets:3000/adopt
    routes:
      - {name: pets-adopt, paths: ["~/api/v1/pets/adopt$"], regex_priority: 10, strip_path: true}
    ${LIMIT}
  - name: pets-health
    url: http://pets:3000/health
    routes:
      - {name: pets-health, paths: ["~/api/v1/pets/health$"], regex_priority: 10, strip_path: true}
    ${LIMIT}
consumers:
  - username: roundhouse
`;

const faultsOf = (kong: string) => gatewayFaults([pets], kong);

test('the two forms of route lead each call to its service', () => {
  expect(faultsOf(KONG)).toEqual([]);
});

test.each([
  ['no token asked', JWT, '', 'getPet is protected, and pets asks for no token'],
  [
    'a jwt plugin that is switched off',
    '{name: jwt, config',
    '{name: jwt, enabled: false, config',
    'services[0].plugins[0].enabled is not supported',
  ],
  [
    'a token asked of the public',
    'consumers:',
    `plugins:\n${JWT}consumers:`,
    'adopt is public, and pets-adopt asks for a token',
  ],
  ['a plugin twice', JWT, JWT + JWT, 'services[0].plugins[1]: already declared by'],
  [
    'plugins under an alias',
    LIMIT,
    `plugins: &limits ${LIMIT.slice(9)}\n  - {name: x, url: "http://x", plugins: *limits}`,
    'plugins are shared by an alias',
  ],
  ['no limit', `    ${LIMIT}\n`, '', 'pets-adopt: has no limit'],
  ['an unknown key', '_ignore:', '_ignored:', '_ignored is not supported'],
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
  ['a kept prefix', 'strip_path: true', 'strip_path: false', 'strip_path must be true'],
  ['a path twice', '/adopt$', '/health$', 'already declared by'],
  ['a plain prefix', '~/api/v1/pets(?:/|$)', '/api/v1/pets', 'without a segment boundary'],
  ['a service without a name', '  - name: pets-adopt\n    url', '  - url', 'services[1].name'],
  ['a consumer without a name', 'username: roundhouse', 'custom_id: x', 'consumers[0].username'],
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
