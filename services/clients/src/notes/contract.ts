import {
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  prose,
  type Route,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';

const body = z.strictObject({ body: prose(10_000) });

export const Note = z
  .object({
    id: Id,
    client_id: Id,
    version: Version,
    body: z.string(),
    author_kind: z.string(),
    author_id: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Note' });

export const noteRoutes = {
  createNote: {
    method: 'post',
    path: '/clients/:id/notes',
    summary: 'Write a note on a client',
    permission: 'clients:write',
    params: IdParams,
    body,
    status: 201,
    response: Note,
  },
  listNotes: {
    method: 'get',
    path: '/clients/:id/notes',
    summary: "List a client's notes, the newest first",
    permission: 'clients:read',
    params: IdParams,
    query: listQuery(['-created_at', 'created_at']),
    status: 200,
    response: pageOf(Note),
  },
  getNote: {
    method: 'get',
    path: '/notes/:id',
    summary: 'Read a note',
    permission: 'clients:read',
    params: IdParams,
    status: 200,
    response: Note,
  },
  changeNote: {
    method: 'patch',
    path: '/notes/:id',
    summary: 'Correct a note of your own',
    permission: 'clients:write',
    params: IdParams,
    body,
    conditional: true,
    status: 200,
    response: Note,
    errors: { note_of_another: 403 },
  },
} as const satisfies Record<string, Route>;
