import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DomainError, forbidden } from '@roundhouse/errors';
import { z } from 'zod';
import { defineContract } from '../src/contract.ts';
import { parseForm } from '../src/form.ts';
import { createLogger } from '../src/log.ts';
import { openapi } from '../src/openapi.ts';
import { createService } from '../src/service.ts';

const contract = defineContract('echo', {
  say: {
    method: 'post',
    path: '/say',
    summary: 'Say what was sent',
    public: true,
    body: z.object({ word: z.string().max(10), why: z.string().optional() }),
    body_type: 'form',
    refusal_type: 'oauth',
    status: 200,
    response: z.object({ word: z.string(), authorization: z.string().nullable() }),
    errors: { invalid_grant: 400, invalid_client: 401 },
    idempotency: 'none',
  },
});

let base_url: string;
const server = createServer(
  createService(
    contract,
    {
      say: async ({ body: { word, why } }, { authorization = null }) => {
        if (why === 'client')
          throw new DomainError('unauthenticated', 'invalid_client', 'No “one”.');
        if (why === 'forbidden') throw forbidden('not_declared', 'Nobody declared this.');
        if (why === 'bug') throw new Error('a bug');
        return { word, authorization };
      },
    },
    { logger: createLogger('echo', 'error'), strict: false } as never,
  ),
);
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
});

const FORM = 'application/x-www-form-urlencoded';
async function says(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const sent = { method: 'POST', body, headers: { 'content-type': FORM, ...headers } };
  const answer = await fetch(`${base_url}/say`, sent);
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, string>,
  };
}

describe('a form', () => {
  test('is read as the contract has it, and unknown parameters are ignored', async () => {
    const { status, body, headers } = await says('word=%C3%A9t%C3%A9+1&other=x', {
      authorization: 'Basic abc',
    });
    expect([status, body]).toEqual([200, { word: 'été 1', authorization: 'Basic abc' }]);
    expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
  });

  test.each([
    ['a parameter twice', 'word=a&word=b', FORM],
    ['a parameter twice, once escaped', 'word=a&%77ord=b', FORM],
    ['a parameter without a value, which is not there', 'word=', FORM],
    ['a bad escape', 'word=%zz', FORM],
    ['bytes that are no text', 'word=%ff', FORM],
    ['NUL', 'word=a%00', FORM],
    ['a word that is too long', 'word=12345678901', FORM],
    ['a forbidden name', 'word=a&__proto__=b', FORM],
    ['JSON', '{"word": "a"}', 'application/json'],
    ['broken JSON', '{', 'application/json'],
    ['another charset', 'word=a', `${FORM}; charset=iso-8859-1`],
  ])('with %s is an invalid request', async (_, body, type) => {
    const answer = await says(body, { 'content-type': type });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('that is too large is an invalid request, too', async () => {
    const answer = await says(`word=${'a'.repeat(300_000)}`);
    expect([answer.status, answer.body.error]).toEqual([413, 'invalid_request']);
  });

  test('of many parameters is read in one pass', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `p${index}=1`);
    expect(Object.keys(parseForm(names.join('&')))).toHaveLength(20_000);
  });
});

describe('a refusal in the words of OAuth', () => {
  test('has the declared name, a description in plain ASCII, and a challenge', async () => {
    const { status, body, headers } = await says('word=a&why=client');
    expect([status, body]).toEqual([
      401,
      { error: 'invalid_client', error_description: 'No one.' },
    ]);
    expect(headers.get('www-authenticate')).toBe('Basic realm="roundhouse"');
  });

  test('that nobody declared or expected tells nothing of the inside', async () => {
    expect((await says('word=a&why=forbidden')).body.error).toBe('invalid_request');
    const { status, body } = await says('word=a&why=bug');
    expect([status, body.error]).toEqual([500, 'server_error']);
    expect(JSON.stringify(body)).not.toContain('a bug');
  });

  test('is in the OpenAPI document, and so is the form', () => {
    const { paths } = openapi(contract) as { paths: Record<string, Record<string, never>> };
    expect(paths['/echo/say']?.post).toMatchObject({
      requestBody: { required: true, content: { [FORM]: {} } },
      responses: { 400: {}, 401: {}, 413: {}, 503: {} },
    });
  });
});
