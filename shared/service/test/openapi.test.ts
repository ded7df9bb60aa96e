import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { defineContract, IdParams, listQuery, pageOf, type Route, text } from '../src/contract.ts';
import { openapi } from '../src/openapi.ts';

const Pet = z.object({ id: z.uuid(), version: z.int(), name: z.string() }).meta({ id: 'Pet' });
const Toy = z.object({ id: z.uuid(), name: z.string() }).meta({ id: 'Toy' });
const of = { summary: 'x', permission: 'clients:read', status: 200 } as const;
const ToyParams = IdParams.extend({ toy_id: z.uuid() });

const contract = defineContract('clients', {
  createPet: {
    ...of,
    method: 'post',
    path: '/pets',
    body: z.strictObject({ name: text(9) }),
    status: 201,
    response: Pet,
    errors: { name_taken: 409 },
    members: {
      name_taken: z.object({ taken_by: z.string() }).meta({ examples: [{ taken_by: 'Rex' }] }),
    },
  },
  listPets: {
    ...of,
    method: 'get',
    path: '/pets',
    query: listQuery(['name']),
    response: pageOf(Pet),
  },
  getPet: { ...of, method: 'get', path: '/pets/:id', params: IdParams, response: Pet },
  changePet: {
    ...of,
    method: 'patch',
    path: '/pets/:id',
    params: IdParams,
    conditional: true,
    response: Pet,
  },
  feedPet: { ...of, method: 'post', path: '/pets/:id/feed', params: IdParams, response: Pet },
  addToy: { ...of, method: 'post', path: '/pets/:id/toys', params: IdParams, response: Toy },
  dropToy: {
    ...of,
    method: 'delete',
    path: '/pets/:id/toys/:toy_id',
    params: ToyParams,
    response: z.object({}),
  },
  petPets: {
    method: 'get',
    path: '/public/pet',
    summary: 'x',
    public: true,
    status: 200,
    response: Pet,
  },
} satisfies Record<string, Route>);

// biome-ignore lint/suspicious/noExplicitAny: a document, looked into by its paths.
const document = openapi(contract) as any;
const created = document.paths['/clients/pets'].post.responses[201];
const parametersOf = (link: string) => created.links[link]?.parameters;

describe('links lead from a new row', () => {
  test('to its reads', () => {
    expect(parametersOf('getPet')).toEqual({ 'path.id': '$response.body#/id' });
  });

  test('to its changes, with the version that was answered', () => {
    expect(parametersOf('changePet')).toEqual({
      'path.id': '$response.body#/id',
      'header.If-Match': '$response.header.ETag',
    });
  });

  test('to what is done with it, and to what is made below it', () => {
    expect(parametersOf('feedPet')).toEqual({ 'path.id': '$response.body#/id' });
    expect(parametersOf('addToy')).toEqual({ 'path.id': '$response.body#/id' });
  });

  test('and not to the rows of another collection', () => {
    expect(parametersOf('dropToy')).toBeUndefined();
    expect(parametersOf('listPets')).toBeUndefined();
  });

  test('below another row: with the path that it was made under', () => {
    const added = document.paths['/clients/pets/{id}/toys'].post.responses[200];
    expect(added.links.dropToy.parameters).toEqual({
      'path.toy_id': '$response.body#/id',
      'path.id': '$request.path.id',
    });
  });
});

test('a list leads to its first row and to the next page', () => {
  const { links } = document.paths['/clients/pets'].get.responses[200];
  expect(links.getPet.parameters).toEqual({ 'path.id': '$response.body#/data/0/id' });
  expect(links.nextPage.parameters).toEqual({ 'query.cursor': '$response.body#/next_cursor' });
});

test('each declared refusal stands there with its status and code', () => {
  const { content } = document.paths['/clients/pets'].post.responses[409];
  const { examples } = content['application/problem+json'];
  expect(examples.name_taken.value).toMatchObject({ status: 409, code: 'name_taken' });
});

test('and with what it alone tells', () => {
  const { content } = document.paths['/clients/pets'].post.responses[409];
  const { schema, examples } = content['application/problem+json'];
  expect(schema.allOf[0]).toEqual({ $ref: '#/components/schemas/Problem' });
  const [others, told] = schema.allOf[1].anyOf;
  expect(others.properties.code).toEqual({ not: { const: 'name_taken' } });
  expect(told.required).toEqual(['taken_by']);
  expect(examples.name_taken.value.taken_by).toBe('Rex');
});

test('the answer to a POST says when it is a repetition, and its version', () => {
  expect(Object.keys(created.headers)).toEqual(['ETag', 'Idempotent-Replayed', 'X-Request-ID']);
});

test('what is public asks for no token, and refuses nobody for one', () => {
  const { get } = document.paths['/clients/public/pet'];
  expect(get.security).toEqual([]);
  expect(get.responses).not.toHaveProperty('401');
});

test('what asks for a permission asks a machine for the scope of that name', () => {
  const { post } = document.paths['/clients/pets'];
  expect(post.security).toEqual([{ bearer: [] }, { oauth2: ['clients:read'] }]);
  const { flows } = document.components.securitySchemes.oauth2;
  expect(flows.clientCredentials).toEqual({
    tokenUrl: '/api/v1/auth/token',
    scopes: { 'clients:read': '' },
  });
});

test('patterns are such as tools without Unicode categories understand', () => {
  const { schema } = document.paths['/clients/pets'].post.requestBody.content['application/json'];
  const { pattern } = schema.properties.name;
  expect(pattern).toBe('^[^\\u0000-\\u001f\\u007f-\\u009f]*$');
  const control = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
    (character) => /\p{Cc}/u.test(character) === new RegExp(pattern, 'u').test(character),
  );
  expect(control).toEqual([]);
});

test('written twice, a document is the same to the byte', () => {
  expect(JSON.stringify(openapi(contract))).toBe(JSON.stringify(document));
});
