import { afterEach, expect, test } from '@jest/globals';
import { readConfiguration } from '../src/configuration.ts';
import { Cleanup, exchange, oneService, startGateway, startService } from './support.ts';

const cleanup = new Cleanup();

afterEach(() => cleanup.run());

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const correlated = {
  plugins: [
    {
      name: 'correlation-id',
      config: { header_name: 'X-Request-ID', generator: 'uuid', echo_downstream: true },
    },
  ],
};

/** The id that a client is told, and what the service got. */
async function idsFor(...sent: string[]): Promise<{ told: string | undefined; got: string[] }> {
  let got: string[] = [];
  const service = await startService(cleanup, (request, response) => {
    got = request.headersDistinct['x-request-id'] ?? [];
    response.end();
  });
  const config = oneService({}, correlated);
  const gateway = await startGateway(cleanup, service, { config });
  const lines = sent.map((id) => `x-request-id: ${id}\r\n`).join('');
  const head = `GET /s/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n`;
  const answer = await exchange(gateway, head);
  return { told: /\r\nX-Request-ID: (.*)\r\n/.exec(answer)?.[1], got };
}

test.each(['a', 'client-id.1_2', 'x'.repeat(100)])('the client’s id %s is kept', async (id) => {
  expect(await idsFor(id)).toEqual({ told: id, got: [id] });
});

test.each([
  ['nothing', []],
  ['an empty one', ['']],
  ['101 characters', ['x'.repeat(101)]],
  ['a space', ['a b']],
  ['markup', ['<script>']],
  ['a letter that is no ASCII', ['id-\xe9']],
  ['a slash', ['../../x']],
  ['a bad one before a good one', ['a b', 'good']],
])('for an id with %s a new one is made, the same for both sides', async (_what, sent) => {
  const { told, got } = await idsFor(...sent);
  expect(told).toMatch(UUID);
  expect(got).toEqual([told]);
});

test('of two ids the first counts on both sides', async () => {
  expect(await idsFor('one', 'two')).toEqual({ told: 'one', got: ['one'] });
});

const closed = (config: object) => ({ plugins: [{ name: 'request-termination', config }] });

test.each([
  [{}, 503, '{"message":"Service unavailable"}', 'application/json; charset=utf-8'],
  [{ status_code: 404 }, 404, '{"message":"Not found"}', 'application/json; charset=utf-8'],
  [{ status_code: 410 }, 410, '', null],
  [{ status_code: 403, body: 'nope' }, 403, 'nope', null],
  [{ body: '<p>', content_type: 'text/html' }, 503, '<p>', 'text/html'],
])('a route that is closed by %j answers in place of its service', async (config, ...expected) => {
  let asked = 0;
  const service = await startService(cleanup, (_, response) => {
    asked++;
    response.end();
  });
  const gateway = await startGateway(cleanup, service, { config: oneService(closed(config)) });
  const response = await fetch(`http://127.0.0.1:${gateway}/s/x`);
  const type = response.headers.get('content-type');
  expect([response.status, await response.text(), type]).toEqual(expected);
  expect(asked).toBe(0);
});

test.each([
  [{ message: 'a', body: 'b' }, 'has a message beside content_type or body'],
  [{ content_type: 'text/plain' }, 'has content_type and no body'],
  [{ status_code: 199 }, 'status_code'],
  [{ echo: true }, 'echo is not supported'],
])('request-termination as %j is refused at load', (config, problem) => {
  expect(() => readConfiguration(oneService(closed(config)))).toThrow(problem);
});
