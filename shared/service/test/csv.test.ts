import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { conflict } from '@roundhouse/errors';
import { z } from 'zod';
import { CsvPieces, defineContract } from '../src/contract.ts';
import { createLogger } from '../src/log.ts';
import { openapi } from '../src/openapi.ts';
import { createService } from '../src/service.ts';

const LIMIT = 300_000;
const contract = defineContract('tables', {
  put: {
    method: 'post',
    path: '/tables',
    summary: 'Take a table',
    public: true,
    body: z.string().min(1),
    body_type: 'csv',
    body_limit: LIMIT,
    status: 200,
    response: z.object({ length: z.int() }),
    idempotency: 'none',
  },
  get: {
    method: 'get',
    path: '/tables',
    summary: 'Give a table',
    public: true,
    query: z.strictObject({
      pieces: z.coerce.number(),
      fails: z.enum(['first', 'later']).optional(),
    }),
    status: 200,
    response: CsvPieces,
    response_type: 'csv',
    errors: { no_table: 409 },
  },
});

let given = 0;
async function* table(pieces: number, fails?: 'first' | 'later') {
  given = 0;
  if (fails === 'first') throw conflict('no_table', 'There is none.');
  for (; given < pieces; given += 1) {
    if (fails === 'later' && given > 0) throw new Error('in the middle');
    yield `${'x'.repeat(65_535)}\n`;
  }
}

/** How many pieces were made, once no more are. */
async function settled(): Promise<number> {
  for (let before = -1; before !== given; await new Promise((done) => setTimeout(done, 50))) {
    before = given;
  }
  return given;
}

let base_url: string;
const server = createServer(
  createService(
    contract,
    {
      put: async ({ body }) => ({ length: body.length }),
      get: async ({ query }) => table(query.pieces, query.fails),
    },
    { logger: createLogger('tables', 'silent'), strict: true } as never,
  ),
);
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tables`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
});

const sends = async (body: string | Uint8Array<ArrayBuffer>, type = 'text/csv') => {
  const answer = await fetch(base_url, { method: 'POST', body, headers: { 'content-type': type } });
  const { length, code } = (await answer.json()) as { length?: number; code?: string };
  return [answer.status, length ?? code];
};

describe('a table that is sent', () => {
  test('comes as text, up to the bytes that its route allows', async () => {
    expect(await sends('a,b\r\n1,"é"\r\n')).toEqual([200, 12]);
    expect(await sends('x'.repeat(LIMIT))).toEqual([200, LIMIT]);
    expect(await sends('x'.repeat(LIMIT + 1))).toEqual([413, 'body_too_large']);
  });

  test('is refused as anything else, in other bytes than UTF-8, and empty', async () => {
    expect(await sends('{"a": 1}', 'application/json')).toEqual([415, 'content_type_unsupported']);
    expect(await sends(new Uint8Array([0xff, 0xfe]))).toEqual([415, 'charset_unsupported']);
    expect(await sends('a\0b')).toEqual([400, 'text_malformed']);
    expect(await sends('')).toEqual([422, 'invalid']);
  });
});

describe('a table that is answered', () => {
  test('comes piece by piece, and is kept by nobody on its way', async () => {
    const answer = await fetch(`${base_url}?pieces=3`);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await answer.text()).length).toBe(3 * 65_536);
  });

  test('is made no faster than it is read', async () => {
    const answer = await fetch(`${base_url}?pieces=10000`);
    const reader = answer.body?.getReader();
    await reader?.read();
    const seen = await settled();
    expect(seen).toBeLessThan(500);
    for (let read = 0; read < 5_000_000; ) read += (await reader?.read())?.value?.length ?? 0;
    expect(given).toBeGreaterThan(seen);
    await reader?.cancel();
  });

  test('may be refused before its first piece, and is cut after it', async () => {
    const refused = await fetch(`${base_url}?pieces=1&fails=first`);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      409,
      'no_table',
    ]);
    const cut = await fetch(`${base_url}?pieces=2&fails=later`);
    expect(cut.status).toBe(200);
    await expect(cut.text()).rejects.toThrow();
  });
});

test('the document says what is sent and answered', () => {
  const { paths } = openapi(contract) as { paths: Record<string, Record<string, object>> };
  expect(paths['/tables/tables']).toMatchObject({
    post: {
      requestBody: { required: true, content: { 'text/csv': { schema: { type: 'string' } } } },
    },
    get: { responses: { 200: { content: { 'text/csv': { schema: { type: 'string' } } } } } },
  });
});
