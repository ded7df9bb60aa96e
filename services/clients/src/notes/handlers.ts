import { audit } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import type { noteRoutes } from './contract.ts';
import { requireAuthor } from './note.ts';
import * as store from './store.ts';

export const noteHandlers: Pick<Handlers<typeof contract>, keyof typeof noteRoutes> = {
  createNote: async ({ params, body }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const note = await store.insertNote(tx, params.id, body.body);
      audit(tx, { action: 'createNote', subject_type: 'note', subject_id: note.id, after: note });
      return note;
    }),

  listNotes: async ({ params, query }, { tenant }) =>
    tenant.read((tx) => store.findNotes(tx, { tenant_id: tenant.id, client_id: params.id }, query)),

  getNote: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findNote(tx, tenant.id, params.id)),

  changeNote: async ({ params, body, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const before = await store.lockNote(tx, params.id);
      requireAuthor(before, tenant.origin);
      requireVersion(before.version, if_match);
      const changed = { version: before.version + 1, updated_at: tenant.now() };
      const after = { ...before, ...body, ...changed };
      store.updateNote(tx, after);
      const subject = { subject_type: 'note', subject_id: after.id };
      audit(tx, { action: 'changeNote', ...subject, before, after });
      return after;
    }),
};
