import { isTraceparent } from '@roundhouse/telemetry/traceparent';
import { z } from 'zod';

/** CloudEvents 1.0 in JSON, with the tenant as an extension attribute. */
export const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.string(),
  type: z.string(),
  subject: z.string(),
  time: z.iso.datetime({ offset: true }),
  tenantid: z.uuid(),
  datacontenttype: z.literal('application/json'),
  /**
   * CloudEvents' extension for distributed tracing. Where it is none it is left out: how a trace
   * looks is no reason to refuse what has happened.
   */
  traceparent: z.string().refine(isTraceparent).optional().catch(undefined),
  data: z.unknown(),
});
export type Envelope = z.infer<typeof Envelope>;

/** `<service>.<noun>.<verb>.v1`: the verb is in the past tense. */
const TYPE = /^[a-z]+(\.[a-z_]+){2}\.v[1-9]\d*$/;

export interface EventType<Data extends z.ZodType = z.ZodType> {
  type: string;
  data: Data;
  /** What it looks like on the wire: documentation, and a check of the schema itself. */
  example: z.input<Data>;
}

/** Declares an event that a service announces. */
export function defineEvent<Data extends z.ZodType>(
  type: string,
  data: Data,
  example: z.input<Data>,
): EventType<Data> {
  if (!TYPE.test(type)) throw new Error(`${type} is not <service>.<noun>.<verb>.v<n>.`);
  return { type, data, example };
}
