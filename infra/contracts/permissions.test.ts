import { expect, test } from '@jest/globals';
import { defineContract } from '@roundhouse/service/contract';
import { z } from 'zod';
import { documentedRoutes, permissionFaults, permissionsDocument } from './permissions.ts';

const answer = { status: 200, response: z.object({}) } as const;
const list = { method: 'get', path: '/boats', summary: 'List', ...answer } as const;
const contract = defineContract(
  'boats',
  {
    listBoats: { ...list, permission: 'boats:read' },
    sink: { ...list, method: 'post', path: '/boats/:id/sink', permission: 'boats:write' },
    look: { ...list, path: '/public/:id', public: true },
  },
  { sales: ['boats:read'] },
);
const document = permissionsDocument([contract]);

test('the document says of each route who may do it', () => {
  const said = documentedRoutes(document).map((one) => ({ ...one, roles: [...one.roles] }));
  expect(said).toEqual([
    {
      service: 'boats',
      operation: 'listBoats',
      needs: 'boats:read',
      roles: ['owner', 'admin', 'sales'],
    },
    { service: 'boats', operation: 'sink', needs: 'boats:write', roles: ['owner', 'admin'] },
    { service: 'boats', operation: 'look', needs: 'public', roles: [] },
  ]);
  expect(document).toContain('POST /api/v1/boats/boats/{id}/sink');
});

test.each([
  ['a route more', document.replace(/\n$/, '\n| GET /api/v1/boats/more | more | public |\n')],
  ['a right less', document.replace('| boats:read | yes |', '| boats:read |  |')],
  ['a route made public', document.replace('| sink | boats:write |', '| sink | public |')],
])('a document with %s is not taken', (_, changed) => {
  expect(changed).not.toBe(document);
  expect(permissionFaults([contract], changed)).toHaveLength(1);
  expect(permissionFaults([contract], document)).toEqual([]);
});
