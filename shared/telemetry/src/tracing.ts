import { z } from 'zod';
import { setTracer } from './span.ts';

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

export interface Tracing {
  on: boolean;
  /** Sends what is left, for as long as a stopping process can wait. */
  stop(): Promise<void>;
}

/** As the OTLP exporters have it: one that is meant for traces is taken as it stands. */
function endpointOf(config: TracingConfig): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = config;
  return own ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
}

/**
 * Traces this process from now on, where an endpoint is set. OpenTelemetry is loaded then alone:
 * it takes 60 ms and 32 MB.
 */
export async function startTracing(config: TracingConfig, traced: Traced): Promise<Tracing> {
  const endpoint = endpointOf(config);
  const silent = config.OTEL_SDK_DISABLED || config.OTEL_TRACES_EXPORTER === 'none';
  if (endpoint === undefined || silent) return { on: false, stop: async () => undefined };
  const { otlpTracer } = await import('./otlp.ts');
  const { tracer, stop } = otlpTracer(endpoint, config, traced);
  setTracer(tracer);
  return {
    on: true,
    stop: async () => {
      setTracer(undefined);
      await stop();
    },
  };
}
