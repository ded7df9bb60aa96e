import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { deckForm } from './deck-form.ts';

const KONG = `
_format_version: "3.0"
_transform: true
_ignore:
  - &timeouts {retries: 1}
services:
  - <<: *timeouts
    name: clients
    url: http://clients:3000
    hostt: a mistake stays one
consumers:
  - username: roundhouse
    jwt_secrets: [{key: k1, algorithm: RS256, rsa_public_key: PEM}]
`;

test('only what deck cannot read is changed', () => {
  expect(parse(deckForm(KONG))).toEqual({
    _format_version: '3.0',
    _transform: true,
    services: [
      {
        retries: 1,
        name: 'clients',
        url: 'http://clients:3000',
        hostt: 'a mistake stays one',
      },
    ],
    consumers: [
      {
        username: 'roundhouse',
        jwt_secrets: [{ key: 'k1', algorithm: 'RS256', rsa_public_key: 'PEM', secret: 'unused' }],
      },
    ],
  });
});
