import { setTracer } from './span.ts';
import type { Traced, TracingConfig } from './tracing-config.ts';

export { tracingFields } from './tracing-config.ts';

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
