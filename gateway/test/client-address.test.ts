import { afterEach, expect, test } from '@jest/globals';
import { trustedProxies } from '../src/client-address.ts';
import { readEnvironment } from '../src/environment.ts';
import { Cleanup, oneService, startGateway, startService } from './support.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** A gateway on this machine, whose service answers with what it is told of the client. */
async function toldBehind(trusted: string, config = oneService()) {
  const service = await startService(cleanup, ({ headers }, response) => {
    response.end(`${headers['x-real-ip']} | ${headers['x-forwarded-for']}`);
  });
  const gateway = await startGateway(cleanup, service, {
    config,
    trusted: trustedProxies(trusted),
  });
  return (forwarded?: string) =>
    fetch(`http://127.0.0.1:${gateway}/s`, {
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    });
}

const textOf = async (answer: Promise<Response>) => (await answer).text();

test('whoever connects is the client, whatever he says, where no proxy is trusted', async () => {
  const ask = await toldBehind('');
  expect(await textOf(ask('198.51.100.7'))).toBe('127.0.0.1 | 198.51.100.7, 127.0.0.1');
});

test('and where another one is trusted than the one that connects', async () => {
  const ask = await toldBehind('10.0.0.0/8');
  expect(await textOf(ask('198.51.100.7'))).toBe('127.0.0.1 | 198.51.100.7, 127.0.0.1');
});

test('behind trusted proxies the last address that is none of theirs is the client’s', async () => {
  const ask = await toldBehind('127.0.0.1,10.0.0.0/8,fd00::/8');
  const real = async (list?: string) => (await textOf(ask(list))).split(' | ')[0];
  expect(await real('198.51.100.7')).toBe('198.51.100.7');
  expect(await real('203.0.113.1, 198.51.100.7, 10.1.2.3')).toBe('198.51.100.7');
  expect(await real('2001:db8::7, fd00::1')).toBe('2001:db8::7');
  expect(await real('10.9.9.9, 10.1.2.3')).toBe('10.9.9.9');
  expect(await real()).toBe('127.0.0.1');
});

test('where the list makes no sense the word of the proxies ends', async () => {
  const ask = await toldBehind('127.0.0.1,10.0.0.0/8');
  const told = await textOf(ask('198.51.100.7, unknown, 10.1.2.3'));
  expect(told.split(' | ')[0]).toBe('10.1.2.3');
});

test('limits count by the client’s address, and not by the proxy’s', async () => {
  const config = { minute: 1, policy: 'local', limit_by: 'ip' };
  const limited = oneService({ plugins: [{ name: 'rate-limiting', config }] });
  const ask = await toldBehind('127.0.0.1', limited);
  const statuses = [];
  for (const from of ['198.51.100.7', '198.51.100.8', '198.51.100.7']) {
    statuses.push((await ask(from)).status);
  }
  expect(statuses).toEqual([200, 200, 429]);
});

test.each(['10.0.0.0/33', 'proxy', '10.0.0.0/8/8', '10.0.0.0/', '::1/129'])(
  'what is no address is refused at the start: %s',
  (text) => {
    const environment = { GATEWAY_CONFIG: 'x', GATEWAY_PORT: '1', GATEWAY_TRUSTED_PROXIES: text };
    expect(() => readEnvironment(environment)).toThrow(`${text} is not an address`);
  },
);
