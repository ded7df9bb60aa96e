import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addresses } from '../src/addresses.ts';
import { createClient } from '../src/client.ts';
import { defineContract } from '../src/contract.ts';

const Said = z.object({ by: z.string() });
const contract = defineContract('clients', {
  ask: {
    method: 'get',
    path: '/things',
    summary: 'Ask',
    permission: 'clients:read',
    query: z.strictObject({ name: z.string().optional() }),
    status: 200,
    response: Said,
  },
  tell: {
    method: 'post',
    path: '/things',
    summary: 'Tell',
    permission: 'clients:write',
    status: 200,
    response: Said,
  },
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function at(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const named = (by: string) => at((_, response) => response.end(JSON.stringify({ by })));

/** An address at which nobody listens any more. */
async function left(): Promise<string> {
  const address = await named('nobody');
  const server = servers.pop();
  server?.close();
  await once(server as Server, 'close');
  return address;
}

describe('a client of a service at several addresses', () => {
  test('shares its calls among them', async () => {
    const client = createClient(contract, `${await named('a')},${await named('b')}`);
    const said = [];
    for (let call = 0; call < 4; call += 1) said.push((await client.ask({ query: {} })).by);
    expect(said).toEqual(['a', 'b', 'a', 'b']);
  });

  test('passes over where nobody is found, also for what may not be sent twice', async () => {
    const list = [await left(), await named('b'), await left()];
    const client = createClient(contract, list.join(','));
    for (let call = 0; call < 6; call += 1) {
      expect(await client.tell({})).toEqual({ by: 'b' });
    }
  });

  test('does not send again what one of them has taken and not answered', async () => {
    let taken = 0;
    const cuts = await at((request) => {
      taken += 1;
      request.socket.destroy();
    });
    const client = createClient(contract, `${cuts},${cuts}`);
    await expect(client.tell({})).rejects.toMatchObject({ code: 'service_unavailable' });
    expect(taken).toBe(1);
    await expect(client.ask({ query: { name: 'a' } })).rejects.toMatchObject({
      code: 'service_unavailable',
    });
    expect(taken).toBe(3);
  });

  test('says so when nobody is found anywhere', async () => {
    const client = createClient(contract, `${await left()},${await left()}`);
    await expect(client.ask({ query: {} })).rejects.toMatchObject({ code: 'service_unavailable' });
  });
});

test('an address that is none is refused when the configuration is read', () => {
  expect(addresses.safeParse('http://a:3000,http://b:3000').success).toBe(true);
  expect(addresses.safeParse('http://a:3000,nonsense').success).toBe(false);
  expect(addresses.safeParse('').success).toBe(false);
});
