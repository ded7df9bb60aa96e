import {
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  type Route,
  text,
  Version,
  YesOrNo,
} from '@roundhouse/service/contract';
import { z } from 'zod';

const Scopes = z.array(z.string().min(1).max(60)).min(1).max(50);

const MachineClient = z
  .object({
    /** The `client_id`. */
    id: Id,
    version: Version,
    name: z.string(),
    scopes: z.array(z.string()),
    /** How the secret begins. */
    secret_prefix: z.string(),
    /** The secret before, as long as it is good. */
    previous_secret_prefix: z.string().nullable(),
    previous_secret_expires_at: Instant.nullable(),
    created_by: Id,
    created_at: Instant,
    updated_at: Instant,
    /** When it last got a token, to the minute. */
    last_used_at: Instant.nullable(),
    revoked_at: Instant.nullable(),
  })
  .meta({ id: 'MachineClient' });

const WithSecret = MachineClient.extend({
  /** Shown now and never again. */
  secret: z.string(),
}).meta({ id: 'MachineClientWithSecret' });

const fields = { name: text(100), scopes: Scopes };
const scopeRefusals = { scope_unknown: 422, scope_not_grantable: 403 } as const;

export const machineClientRoutes = {
  createMachineClient: {
    method: 'post',
    path: '/machine-clients',
    summary: "Let a partner's machine in, with scopes that you have yourself",
    permission: 'machine-clients:write',
    body: z.strictObject(fields),
    status: 201,
    response: WithSecret,
    errors: { plan_limit_reached: 409, ...scopeRefusals },
    idempotency: 'none',
  },
  listMachineClients: {
    method: 'get',
    path: '/machine-clients',
    summary: 'List the machine clients',
    permission: 'machine-clients:read',
    query: listQuery(['-created_at', 'created_at']).extend({
      active: YesOrNo.optional(),
    }),
    status: 200,
    response: pageOf(MachineClient),
  },
  getMachineClient: {
    method: 'get',
    path: '/machine-clients/:id',
    summary: 'Read a machine client',
    permission: 'machine-clients:read',
    params: IdParams,
    status: 200,
    response: MachineClient,
  },
  changeMachineClient: {
    method: 'patch',
    path: '/machine-clients/:id',
    summary: 'Change name or scopes: only the fields that are sent',
    permission: 'machine-clients:write',
    params: IdParams,
    body: z
      .strictObject(fields)
      .partial()
      .refine((sent) => Object.keys(sent).length > 0, 'names nothing to change'),
    conditional: true,
    status: 200,
    response: MachineClient,
    errors: { machine_client_revoked: 409, ...scopeRefusals },
  },
  rotateMachineSecret: {
    method: 'post',
    path: '/machine-clients/:id/rotate-secret',
    summary: 'Get a new secret; the one before stays good for the overlap',
    permission: 'machine-clients:write',
    params: IdParams,
    body: z.strictObject({ overlap_hours: z.int().min(0).max(168).default(24) }),
    conditional: true,
    status: 200,
    response: WithSecret,
    errors: { machine_client_revoked: 409, scope_not_grantable: 403 },
    idempotency: 'none',
  },
  revokeMachineClient: {
    method: 'post',
    path: '/machine-clients/:id/revoke',
    summary: 'Let the machine in no more, for good: its tokens end within a minute',
    permission: 'machine-clients:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: MachineClient,
  },
} as const satisfies Record<string, Route>;
