import { Currency } from '@roundhouse/money/schema';
import { z } from 'zod';
import type { Grants, Permission } from './permissions.ts';

export { Currency, Money, Price } from '@roundhouse/money/schema';
export { grants, may, mayAllOf, type Permission, type Role, roles } from './permissions.ts';

type Shape = z.ZodObject;

interface RouteBasics {
  method: 'get' | 'post' | 'patch' | 'put' | 'delete';
  /** As Express reads it, below `/api/v1/<area>`. */
  path: string;
  summary: string;
  /** The path segment after `/api/v1` where it is not the service's name. */
  area?: string;
  params?: Shape;
  query?: Shape;
  body?: z.ZodType;
  /**
   * `form`: `application/x-www-form-urlencoded`, for callers who speak OAuth; `csv`: a table (RFC
   * 4180), which the handler gets as text. JSON where it is not said.
   */
  body_type?: 'form' | 'csv';
  /** In bytes, where a body may be longer than those of other routes; kong.yml has to let it in. */
  body_limit?: number;
  /** Refusals as RFC 6749 5.2 has them; as RFC 9457 has them where it is not said. */
  refusal_type?: 'oauth';
  status: 200 | 201 | 202;
  response: z.ZodType;
  /** `csv`: the handler answers the pieces of a table (`CsvPieces`), sent as they come. */
  response_type?: 'csv';
  /** The refusals of this route alone: stable code and HTTP status. */
  errors?: Record<string, 400 | 401 | 402 | 403 | 404 | 409 | 412 | 422 | 429 | 503>;
  /** What the problem of one of these codes tells besides what every problem does, by example. */
  members?: Record<string, Shape>;
  /** Honours `If-Match` with the version that the caller has seen (RFC 9110 13.1.1). */
  conditional?: true;
  /** `none` where the answer carries a secret, which is not to be stored. */
  idempotency?: 'none';
  /** A POST that changes nothing, so that a call that failed may be repeated. */
  safe?: true;
  /** For how long whoever is on the way may give the answer to others. */
  cache_seconds?: number;
  /** Round trips to the database at most; a test that takes more fails. */
  max_trips?: number;
}

/** One way into a service. Without `permission` it is public, and says so. */
export type Route = RouteBasics &
  ({ permission: Permission; public?: never } | { public: true; permission?: never });

export interface Contract<Routes extends Record<string, Route> = Record<string, Route>> {
  service: string;
  routes: Routes;
  /** Who has the permissions of the service's own area, besides owner and admin. */
  grants: Grants;
}

export const defineContract = <const Routes extends Record<string, Route>>(
  service: string,
  routes: Routes,
  grants: Grants = {},
): Contract<Routes> => ({ service, routes, grants });

type Decoded<T> = T extends z.ZodType ? z.output<T> : undefined;
type Encoded<T> = T extends z.ZodType ? z.input<T> : undefined;

/** What a handler gets: decoded, so instants are `Temporal.Instant`. */
export interface Input<R extends Route> {
  params: Decoded<R['params']>;
  query: Decoded<R['query']>;
  body: Decoded<R['body']>;
  /** The version that `If-Match` names, where it was sent. */
  if_match: number | undefined;
}
export type Output<R extends Route> = z.output<R['response']>;
/** What a client of the API sends and gets: JSON. */
export type WireBody<R extends Route> = Encoded<R['body']>;
export type WireOutput<R extends Route> = z.input<R['response']>;

/** What a route answers whose `response_type` is `csv`: whole lines, several at a time. */
export const CsvPieces = z.custom<AsyncIterable<string>>();

/** Shapes that every contract uses. */
export const Id = z.uuid();
export const IdParams = z.object({ id: Id });
export const Version = z.int().min(1);

/** RFC 3339 with an offset on the wire; an instant inside. */
export const Instant = z
  .codec(
    z.iso
      .datetime({ offset: true })
      // Nanoseconds at most, and in years that every part of the platform can hold.
      .regex(/^[12]\d{3}-[^.]*(\.\d{1,9})?[^.]*$/, 'is not in a year from 1000 to 2999'),
    z.instanceof(Temporal.Instant),
    {
      decode: (text) => Temporal.Instant.from(text),
      encode: (instant) => instant.toString(),
    },
  )
  .meta({ examples: ['2026-11-21T09:30:00Z'] });

/**
 * An instant in a document that is kept and shown as it was written: it stays the text that it is
 * on the wire, so that a list of documents is not taken apart and put together again.
 */
export const InstantText = z.iso
  .datetime({ offset: true })
  .meta({ examples: ['2026-11-21T09:30:00Z'] });

const zones = new Set([...Intl.supportedValuesOf('timeZone'), 'UTC']);
/** A name of the IANA time zone database. */
export const TimeZone = z
  .string()
  .refine((zone) => zones.has(zone), 'is not an IANA time zone')
  .meta({ examples: ['America/New_York'] });

/** A line that a person typed: trimmed, not empty, without control characters. */
export const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'has control characters');

/** Several lines that a person typed: with line breaks and tabs. */
export const prose = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^(\P{Cc}|[\n\r\t])*$/u, 'has control characters');

/** Compared without regard to case, kept and shown as it was typed. Bounds: RFC 5321 4.5.3.1. */
export const Email = z
  .email()
  .max(254)
  .refine((email) => email.indexOf('@') <= 64, 'has more than 64 characters before its @')
  .meta({ examples: ['pat@example.com'] });

/** In decimal digits: `Number` alone would also take `1e1`, `0x10` and the empty text. */
const digits = z.string().refine((text) => /^\d{1,15}$/.test(text), 'is not a whole number');
const queryInt = (minimum: number, maximum: number, preset: number) =>
  z
    .codec(digits, z.int().min(minimum).max(maximum), { decode: Number, encode: String })
    .default(preset)
    .meta({ type: 'integer', minimum, maximum, default: preset });

/** A filter that is on or off, as a query has it. */
export const YesOrNo = z.enum(['true', 'false']);

/** What every list takes; its own filters come with `.extend({…})`. */
export const listQuery = <const Sorts extends readonly [string, ...string[]]>(sorts: Sorts) =>
  z.strictObject({
    limit: queryInt(1, 200, 50),
    cursor: z.string().max(1_000).optional(),
    sort: z.enum(sorts).default(sorts[0] as never),
  });

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() });

/** The settings of a tenant that other services keep a copy of. */
export const TenantSettings = z
  .object({
    id: Id,
    name: z.string(),
    vertical: z.enum(['charter', 'cleaning', 'grooming', 'pool']),
    time_zone: TimeZone,
    currency: Currency,
    version: Version,
  })
  .meta({ id: 'TenantSettings' });
export type TenantSettings = z.output<typeof TenantSettings>;

/** One line of the trail: who did what to what, when and from where. */
const AuditedChange = z
  .object({
    id: Id,
    at: Instant,
    actor_kind: z.enum(['user', 'machine', 'link', 'provider', 'system']),
    actor_id: z.string().nullable(),
    action: z.string(),
    subject_type: z.string(),
    subject_id: z.string(),
    /** What the change was about, as it was and as it is; empty once it was redacted. */
    before: z.unknown(),
    after: z.unknown(),
    redacted_at: Instant.nullable(),
    request_id: z.string(),
    address: z.string().nullable(),
  })
  .meta({ id: 'AuditedChange' });

/** Every service serves its own part of the trail; `auditHandlers` answers. */
export const auditRoutes = {
  listAudit: {
    method: 'get',
    path: '/audit',
    summary: 'Who changed what, when and from where: the newest first',
    permission: 'audit:read',
    query: listQuery(['-at']).extend({
      actor_id: text(200).optional(),
      action: text(100).optional(),
      subject_type: text(100).optional(),
      subject_id: text(200).optional(),
      /** From this instant on. */
      from: Instant.optional(),
      /** Before this instant. */
      to: Instant.optional(),
    }),
    status: 200,
    response: pageOf(AuditedChange),
  },
} as const satisfies Record<string, Route>;
