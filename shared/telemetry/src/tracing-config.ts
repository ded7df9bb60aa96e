import { z } from 'zod';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** As with OpenTelemetry's own reading, a variable that is empty is not set. */
const unlessEmpty = <S extends z.ZodType>(schema: S) =>
  z.preprocess((text) => (text === '' ? undefined : text), schema);

const endpoint = unlessEmpty(z.url({ protocol: /^https?$/ }).optional());
const number = (least: number, most: number, otherwise: number) =>
  unlessEmpty(z.coerce.number().min(least).max(most).default(otherwise));

/**
 * OpenTelemetry's variables, as far as they are heard: the exporter itself also reads those of its
 * headers, certificates and compression.
 */
export const tracingFields = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: unlessEmpty(z.literal('http/protobuf').optional()),
  OTEL_TRACES_EXPORTER: unlessEmpty(z.enum(['otlp', 'none']).default('otlp')),
  OTEL_SDK_DISABLED: unlessEmpty(z.stringbool().default(false)),
  OTEL_TRACES_SAMPLER: unlessEmpty(z.enum(SAMPLERS).default('parentbased_always_on')),
  OTEL_TRACES_SAMPLER_ARG: number(0, 1, 1),
  OTEL_EXPORTER_OTLP_TIMEOUT: number(1, 60_000, 10_000),
  OTEL_BSP_SCHEDULE_DELAY: number(1, 60_000, 5_000),
  OTEL_BSP_MAX_QUEUE_SIZE: number(1, 65_536, 2_048),
};
const TracingFields = z.object(tracingFields);
export type TracingConfig = z.output<typeof TracingFields>;

export interface Traced {
  service: string;
  revision: string;
  /** Told, at most once a minute, of spans that the collector did not take. */
  onLost: (spans: number, error: Error | undefined) => void;
}
