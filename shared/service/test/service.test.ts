import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { conflict } from '@roundhouse/errors';
import { type Actor, type ServedService, serve } from '@roundhouse/testing';
import { z } from 'zod';
import { defineContract, IdParams, Instant, listQuery, pageOf, text } from '../src/contract.ts';
import { openLink, sealLink } from '../src/links.ts';
import { createService, type ServiceDependencies } from '../src/service.ts';

// A service of a few lines, in the schema of clients: under test is what all services share.
const Echo = z.object({ version: z.int(), name: z.string(), at: Instant.nullable() });
const contract = defineContract('clients', {
  echo: {
    method: 'post',
    path: '/echo',
    summary: 'Say the same',
    permission: 'clients:write',
    body: z.strictObject({
      name: text(100),
      at: Instant.nullable().default(null),
      nested: z.unknown().optional(),
    }),
    status: 200,
    response: Echo,
    errors: { name_taken: 409 },
  },
  get: {
    method: 'get',
    path: '/things/:id',
    summary: 'Get',
    permission: 'clients:read',
    params: IdParams,
    status: 200,
    response: Echo,
  },
  touch: {
    method: 'patch',
    path: '/things/:id',
    summary: 'Touch',
    permission: 'clients:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: Echo,
  },
  listOthers: {
    method: 'get',
    path: '/others',
    summary: 'List others',
    permission: 'clients:read',
    query: listQuery(['name']),
    status: 200,
    response: pageOf(Echo),
  },
  list: {
    method: 'get',
    path: '/things',
    summary: 'List',
    permission: 'clients:read',
    query: listQuery(['name']),
    status: 200,
    response: pageOf(Echo),
  },
});

const createApp = (dependencies: ServiceDependencies) =>
  createService(
    contract,
    {
      echo: async ({ body }) => {
        if (body.name === 'taken') throw conflict('name_taken', 'The name is taken.');
        if (body.name === 'undeclared') throw conflict('something_else', 'Nobody declared this.');
        if (body.name === 'bug') throw new Error('a bug with a secret in its text');
        if (body.name === 'leak') return { version: 1, ...body, password: 'hunter2' };
        if (body.name === 'wrong') return { version: 'one' as never, name: 'x', at: null };
        return { version: 1, name: body.name, at: body.at };
      },
      get: async ({ params }) => ({ version: 7, name: params.id, at: null }),
      touch: async ({ params }) => ({ version: 8, name: params.id, at: null }),
      list: async ({ query }) => ({
        data: [{ version: 1, name: String(query.limit), at: null }],
        next_cursor: 'next',
      }),
      listOthers: async () => ({ data: [], next_cursor: 'next', version: 7 }),
    },
    dependencies,
  );

let service: ServedService<typeof contract>;
let owner: Actor<typeof contract>;
beforeAll(async () => {
  service = await serve({ contract, createApp });
  owner = service.actor(['owner']);
});
afterAll(() => service.stop());

interface Raw {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  problem: { code?: string; detail?: string; request_id?: string; errors?: object[] };
}

/** Sends bytes as they are; a client of the contract would not even write them. */
function raw(
  path: string,
  options: { method?: string; headers?: object; body?: string | Buffer } = {},
) {
  const { method = 'POST', body } = options;
  const headers = {
    authorization: `Bearer ${owner.token}`,
    'content-type': 'application/json',
    ...options.headers,
  };
  return new Promise<Raw>((resolve, reject) => {
    const sent = request(new URL(path, service.base_url), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const problem = JSON.parse(Buffer.concat(chunks).toString());
        resolve({ status: response.statusCode ?? 0, headers: response.headers, problem });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
const echoes = (body: string | Buffer, headers = {}) => raw('/echo', { body, headers });

describe('a body that no storage behind the edge could hold is refused, and never a 500', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  test.each([
    ['no JSON', '{"name":', 400],
    ['not even text', Buffer.from([0xff, 0xfe, 0x00]), 400],
    ['an array', '[]', 422],
    ['null', 'null', 422],
    ['a number', '7', 422],
    ['nothing', '', 422],
    ['a NUL', '{"name":"a\\u0000b"}', 400],
    ['half of a surrogate pair', '{"name":"\\ud800"}', 400],
    ['a number beyond all', '{"name":"a","nested":1e400}', 400],
    ['33 levels', `{"name":"a","nested":${deep(33)}}`, 400],
    ['10,000 levels', `{"name":"a","nested":${deep(10_000)}}`, 400],
    ['a name twice', '{"name":"a","name":"b"}', 400],
    ['a name twice, once in escapes', '{"name":"a","\\u006eame":"b"}', 400],
    ['a name twice, deep inside', '{"name":"a","nested":[{"x":1,"y":{},"x":2}]}', 400],
    ['bytes that are no UTF-8', Buffer.from('{"name":"\xff"}', 'latin1'), 400],
    ['a text that never ends', `{"name":"${'\\\\"'.repeat(60_000)}`, 400],
    ['a prototype', '{"name":"a","__proto__":{"admin":true}}', 400],
    ['a nested prototype', '{"name":"a","nested":{"__proto__":1}}', 400],
    ['an unknown field', '{"name":"a","admin":true}', 422],
    ['an array for a text', '{"name":["a"]}', 422],
    ['300 kB', `{"name":"${'x'.repeat(300_000)}"}`, 413],
  ])('%s', async (_, body, status) => {
    const { status: got, problem, headers } = await echoes(body);
    expect([got, headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(problem.request_id).toEqual(expect.any(String));
  });

  test('a form, where JSON is wanted', async () => {
    const form = await echoes('name=a', { 'content-type': 'application/x-www-form-urlencoded' });
    expect([form.status, form.problem.code]).toEqual([415, 'content_type_unsupported']);
    const latin = await echoes('{"name":"a"}', {
      'content-type': 'application/json; charset=latin1',
    });
    expect(latin.status).toBe(415);
    const wide = await echoes(Buffer.from('{"name":"a"}', 'utf16le'), {
      'content-type': 'application/json; charset=utf-16',
    });
    expect([wide.status, wide.problem.code]).toEqual([415, 'charset_unsupported']);
  });

  test('compressed, whether it is or only says so: nobody unpacks it', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(`{"name":"${'x'.repeat(10_000_000)}"}`);
    const answer = await echoes(bomb, { 'content-encoding': 'gzip' });
    expect(answer.status).toBe(415);
    const broken = await echoes('{"name":"a"}', { 'content-encoding': 'gzip' });
    expect(broken.status).toBe(415);
  });

  test('the field at fault is named', async () => {
    const { problem } = await echoes('{"name":"a","nested":{"a/b":["\\u0000"]}}');
    expect(problem.errors).toEqual([
      expect.objectContaining({ pointer: '/nested/a~1b/0', code: 'text_malformed' }),
    ]);
  });

  test('a name may stand in several objects, and a text may look like one', async () => {
    const nested = { name: 'name', list: [{ name: '"name":' }, { name: 'a\\":1' }, { name: [] }] };
    expect((await echoes(JSON.stringify({ name: 'a', nested }))).status).toBe(200);
  });

  test('32 levels are enough for everybody, and pass', async () => {
    const { status } = await echoes(`{"name":"a","nested":${deep(31)}}`);
    expect(status).toBe(200);
  });
});

describe('queries and paths', () => {
  test.each([
    ['/things?limit=abc', 422],
    ['/things?limit=1&limit=2', 422],
    ['/things?limit=1e1', 422],
    ['/things?limit=0x10', 422],
    ['/things?limit=%201', 422],
    ['/things?limit=', 422],
    ['/things?limit=201', 422],
    ['/things?limit[gt]=1', 422],
    ['/things?sort=name%00', 422],
    [`/things?${'a=1&'.repeat(2_000)}`, 422],
    ['/things/not-an-id', 404],
    ['/things/%zz', 404],
    ['/nowhere', 404],
  ])('%s', async (path, status) => {
    const answer = await raw(path.slice(0, 8_000), { method: 'GET' });
    expect(answer.status).toBe(status);
  });
});

describe('what leaves', () => {
  test('is what the contract declares, and no more', async () => {
    const answer = await owner.tries('echo', { body: { name: 'leak' } });
    expect(answer.body).toEqual({ version: 1, name: 'leak', at: null });
  });

  test('has an entity tag where it has a version', async () => {
    const answer = await owner.tries('get', { params: { id: randomUUID() } });
    expect(answer.headers.get('etag')).toBe('"7"');
  });

  test('has none for a version that it does not show', async () => {
    const { headers } = await raw('/others', { method: 'GET' });
    expect(headers.etag).toBeUndefined();
  });

  test('is kept by no cache, refused or not, where a token opened it', async () => {
    const answers = [await echoes('{"name":"a"}'), await echoes('[]'), await echoes('{')];
    const kept = answers.map(({ headers }) => headers['cache-control']);
    expect(kept).toEqual(['no-store', 'no-store', 'no-store']);
  });
  test('keeps the request id of the gateway', async () => {
    const answer = await raw('/echo', { body: '{', headers: { 'x-request-id': 'abc-123' } });
    expect(answer.problem.request_id).toBe('abc-123');
  });

  test('tells nothing of a bug but the request id', async () => {
    const { status, problem } = await echoes('{"name":"bug"}');
    expect([status, problem.code]).toEqual([500, 'internal_error']);
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  test('is an instant with its offset', async () => {
    const at = '2026-11-21T10:00:00+01:00';
    const answer = await owner.does('echo', { body: { name: 'a', at } });
    expect(answer.at).toBe('2026-11-21T09:00:00Z');
  });
});

describe('a service that breaks its contract from inside fails its tests', () => {
  test('by a code that is not declared', async () => {
    const answer = owner.tries('echo', { body: { name: 'undeclared' } });
    await expect(answer).rejects.toThrow('something_else (409) is not in the contract');
  });

  test('by an answer outside its schema', async () => {
    await expect(owner.tries('echo', { body: { name: 'wrong' } })).rejects.toThrow('500');
  });

  test('and not by one that is', async () => {
    const answer = await owner.tries('echo', { body: { name: 'taken' } });
    expect([answer.status, answer.code]).toEqual([409, 'name_taken']);
  });
});

describe('a cursor', () => {
  const cursorOf = async (path: string) => {
    const { problem } = await raw(path, { method: 'GET' });
    return (problem as { next_cursor?: string }).next_cursor ?? '';
  };

  test('leads on in its own list', async () => {
    const cursor = await cursorOf('/things');
    const { status } = await raw(`/things?cursor=${cursor}`, { method: 'GET' });
    expect([status, cursor.endsWith('next')]).toEqual([200, true]);
  });

  test('of another list is refused, though it looks the same within', async () => {
    const cursor = await cursorOf('/others');
    const { status, problem } = await raw(`/things?cursor=${cursor}`, { method: 'GET' });
    expect([status, problem.code]).toEqual([422, 'cursor_invalid']);
    expect(problem.errors).toEqual([expect.objectContaining({ pointer: '/cursor' })]);
  });
});

test('null is no body that was left out', async () => {
  const { status } = await raw(`/things/${randomUUID()}`, { method: 'PATCH', body: 'null' });
  expect(status).toBe(422);
});

test('a method that the path does not have is told which it has', async () => {
  const { status, headers, problem } = await raw('/things', { method: 'DELETE' });
  expect([status, problem.code]).toEqual([405, 'method_not_allowed']);
  expect(headers.allow).toBe('GET, HEAD, OPTIONS');
});

const touches = (headers: object) => raw(`/things/${randomUUID()}`, { method: 'PATCH', headers });
const strange = ['"01"', '"0"', 'W/"1"', '"1", "2"', '1', '"x"', ''];
test.each(strange)('If-Match: %s is no entity tag of ours, and refused', async (tag) => {
  const { status, problem } = await touches({ 'if-match': tag });
  expect([status, problem.code]).toEqual([400, 'if_match_malformed']);
});

test.each(['"7"', '*'])('If-Match: %s is taken', async (tag) => {
  expect((await touches({ 'if-match': tag })).status).toBe(200);
});

test.each(['', 'a\tb', 'é'])('the key %j is refused', async (key) => {
  const { status, problem } = await echoes('{"name":"a"}', { 'idempotency-key': key });
  expect([status, problem.code]).toEqual([400, 'idempotency_key_malformed']);
});

test('a key that is too long is refused', async () => {
  const headers = { 'idempotency-key': 'k'.repeat(256) };
  const { status, problem } = await echoes('{"name":"a"}', headers);
  expect([status, problem.code]).toEqual([400, 'idempotency_key_malformed']);
});

describe('a link', () => {
  const link = { tenant_id: randomUUID(), id: randomUUID(), generation: 3 };
  const key = 'k'.repeat(32);

  test('opens what it was sealed for', () => {
    expect(openLink(key, 'quote', sealLink(key, 'quote', link))).toEqual(link);
  });

  test('opens nothing of another kind, under another key, or with any character changed', () => {
    const token = sealLink(key, 'quote', link);
    expect(openLink(key, 'payment', token)).toBeUndefined();
    expect(openLink('x'.repeat(32), 'quote', token)).toBeUndefined();
    for (let index = 0; index < token.length; index += 1) {
      const changed = token[index] === 'A' ? 'B' : 'A';
      const forged = token.slice(0, index) + changed + token.slice(index + 1);
      expect(openLink(key, 'quote', forged)).toBeUndefined();
    }
  });
});
