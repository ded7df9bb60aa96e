/** The fixtures of the clients service's parts: see samples.ts. */
import { randomUUID } from 'node:crypto';
import { call, ok } from './http.ts';
import type { Office } from './office.ts';
import type { List } from './sample-list.ts';

const ERASED = 'To be erased';

const short = () => randomUUID().replaceAll('-', '').slice(0, 12);

const aPlace = {
  lines: ['565 Warburton Ave'],
  city: 'Yonkers',
  region: 'NY',
  postal_code: '10701',
  country: 'US',
  latitude: 40.9476,
  longitude: -73.8954,
  time_zone: 'America/New_York',
};

export const bodies: Record<string, (office: Office) => unknown> = {
  restoreClient: () => ({ allow_duplicate: true }),
  createContact: () => ({
    name: `Pat ${short()}`,
    roles: ['booking', 'billing'],
    email: `${short()}@riverside.example`,
  }),
  changeContact: () => ({ name: `Pat ${short()}` }),
  restoreContact: () => ({ allow_duplicate: true }),
  createAddress: () => ({ ...aPlace, label: `Depot ${short()}`, access_notes: 'Gate 4711' }),
  changeAddress: () => ({ label: `Yard ${short()}` }),
  createNote: () => ({ body: `Asks for a quiet driver. ${short()}` }),
  changeNote: () => ({ body: `Asks for a smooth driver. ${short()}` }),
  createCustomField: () => ({ key: `f${short()}`, label: 'Fleet size', type: 'number' }),
  changeCustomField: () => ({ label: `Coaches ${short()}` }),
  mergeClients: async (office) => ({ other_id: await aClient(office) }),
  eraseClient: () => ({ reason: 'asked_by_person', confirm_name: ERASED }),
  importClients: () => `name,tags\nFrom a table ${short()},imported\n`,
};

const post = async ({ token }: Office, path: string, body?: unknown): Promise<string> =>
  (await ok({ method: 'POST', path: `clients/${path}`, token, body })).body.id;

const aClient = (office: Office) => post(office, 'clients', { name: `A client ${short()}` });

const added = (part: string, operation: string) => (office: Office) =>
  post(office, `clients/${office.client_id}/${part}`, bodies[operation]?.(office));

const fields = new WeakMap<Office, string[]>();
/** A business has a hundred in use at most, so that for a new one an old one goes. */
async function aCustomField(office: Office): Promise<string> {
  const made = fields.get(office) ?? [];
  fields.set(office, made);
  const oldest = made.length < 40 ? undefined : made.shift();
  if (oldest !== undefined) {
    const path = `clients/custom-fields/${oldest}/archive`;
    // It may be archived already: that was asked of it.
    await call({ method: 'POST', path, token: office.token });
  }
  const id = await post(office, 'custom-fields', bodies.createCustomField?.(office));
  made.push(id);
  return id;
}

export const rows: Record<string, (office: Office) => Promise<string>> = {
  contacts: added('contacts', 'createContact'),
  addresses: added('addresses', 'createAddress'),
  notes: added('notes', 'createNote'),
  'custom-fields': aCustomField,
};

/** What is to be restored was archived before. */
const archived = (noun: string) => async (office: Office) => {
  const id = await (rows[noun] as (of: Office) => Promise<string>)(office);
  await post(office, `${noun}/${id}/archive`);
  return { id };
};

export const params: Record<string, (office: Office) => Promise<Record<string, string>>> = {
  restoreClient: async (office) => {
    const id = await post(office, 'clients', { name: `A client of before ${short()}` });
    await post(office, `clients/${id}/archive`);
    return { id };
  },
  eraseClient: async (office) => ({ id: await post(office, 'clients', { name: ERASED }) }),
  restoreContact: archived('contacts'),
  restoreAddress: archived('addresses'),
  restoreCustomField: archived('custom-fields'),
};

const ofTheClient = { params: async ({ client_id }: Office) => ({ id: client_id }) };

export const lists: Record<string, List> = {
  listContacts: ofTheClient,
  listAddresses: ofTheClient,
  listNotes: ofTheClient,
  // A tag is there as long as a client has it.
  listTags: {
    more: (office) => post(office, 'clients', { name: `Client ${short()}`, tags: [`t${short()}`] }),
  },
};
