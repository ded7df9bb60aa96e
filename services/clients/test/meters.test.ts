import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { counted } from '@roundhouse/testing';
import { contract } from '../src/contract.ts';
import { aClient, type Clients, type Colleague, serveClients } from './serve-clients.ts';

let clients: Clients;
beforeAll(async () => {
  clients = await serveClients();
});
afterAll(() => clients.stop());

const made = (source: string) => counted('roundhouse_clients_created_total', { source });

async function imports({ token }: Colleague, table: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/csv' };
  const url = `${clients.base_url}${contract.routes.importClients.path}`;
  return fetch(url, { method: 'POST', headers, body: table });
}

test('clients are counted as they are entered, and none of a table that is refused', async () => {
  const office = clients.actor(['dispatcher', 'admin']);
  const before = [await made('form'), await made('import')] as const;
  await office.does('createClient', { body: aClient() });
  expect((await imports(office, 'name\nOne School\nAnother School\n')).status).toBe(200);
  expect((await imports(office, 'name,email\nThird School,no-address\n')).status).toBe(422);
  expect([await made('form'), await made('import')]).toEqual([before[0] + 1, before[1] + 2]);
});
