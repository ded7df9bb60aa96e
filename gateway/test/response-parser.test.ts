import { expect, test } from '@jest/globals';
import { MalformedResponse, type ResponseHead, ResponseParser } from '../src/response-parser.ts';

/** What a client of the parser hears of these bytes, given in pieces of `size`. */
function read(text: string, { size = text.length, method = 'GET' } = {}) {
  let head: ResponseHead | undefined;
  let body = '';
  let ended = false;
  const parser = new ResponseParser(method, {
    head: (given) => {
      head = given;
    },
    data: (chunk) => {
      body += chunk.toString('latin1');
    },
    end: () => {
      ended = true;
    },
  });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  return {
    head,
    body,
    ended: () => ended,
    reusable: parser.reusable,
    finish: () => parser.finish(),
  };
}

const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n\r\nhello';
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' +
  '3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX-T: 1\r\n\r\n';

test.each([1, 2, 3, 7, 1000])('an answer is the same in pieces of %d bytes', (size) => {
  for (const text of [LENGTH, CHUNKED]) {
    const { body, ended, reusable } = read(text, { size });
    expect({ body, ended: ended(), reusable }).toEqual({
      body: 'hello',
      ended: true,
      reusable: true,
    });
  }
  expect(read(LENGTH, { size }).head?.headers).toEqual([
    ...['Content-Length', '5', 'X-A', '1'],
    ...['X-A', '2'],
  ]);
});

test('interim answers are passed over', () => {
  const { head, body } = read(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${LENGTH}`);
  expect([head?.status, body]).toEqual([200, 'hello']);
});

test('an answer to HEAD, a 204 and a 304 have no body', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
  expect(read(head, { method: 'HEAD' }).ended()).toBe(true);
  expect(read('HTTP/1.1 204 No Content\r\n\r\n').ended()).toBe(true);
  expect(read('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n').ended()).toBe(true);
});

test('a body without a length ends with its connection, which serves no other', () => {
  const { body, ended, reusable, finish } = read('HTTP/1.1 200 OK\r\n\r\nhello');
  expect([body, ended(), reusable]).toEqual(['hello', false, false]);
  expect([finish(), ended()]).toEqual([true, true]);
});

test('an answer that is cut off is not whole', () => {
  expect(read(LENGTH.slice(0, -1)).finish()).toBe(false);
  expect(read(CHUNKED.slice(0, -4)).finish()).toBe(false);
});

test('a connection that the service closes serves no other request', () => {
  expect(read(LENGTH.replace('X-A: 1', 'Connection: close')).reusable).toBe(false);
  expect(read(LENGTH.replace('HTTP/1.1', 'HTTP/1.0')).reusable).toBe(false);
});

test.each([
  ['no HTTP', 'this is not http at all\r\n\r\n'],
  ['the beginning of no HTTP', 'SSH-2.0-x'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello'],
  ['a length and chunks', LENGTH.replace('X-A: 1', 'Transfer-Encoding: chunked')],
  ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a negative length', LENGTH.replace('5', '-5')],
  ['a folded line', LENGTH.replace('X-A: 2', ' folded')],
  ['a space before the colon', LENGTH.replace('X-A: 2', 'X-A : 2')],
  ['a bare line feed', LENGTH.replace('X-A: 1', 'X-A: 1\nSet-Cookie: a')],
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['a bad chunk', CHUNKED.replace('3;x=y', 'zz')],
  ['a chunk that is too long', CHUNKED.replace('hel\r\n', 'hello\r\n')],
  ['more than was declared', `${LENGTH}!`],
  ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`],
])('%s is refused', (_what, text) => {
  expect(() => read(text)).toThrow(MalformedResponse);
});
