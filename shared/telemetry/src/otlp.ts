import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  type Span as ApiSpan,
  type Context,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Attributes, Span, SpanOptions, Tracer } from './span.ts';
import { isTraceparent } from './traceparent.ts';
import type { Traced, TracingConfig } from './tracing-config.ts';

/** A collector that is away may not hold up the end of a process. */
const STOP_MS = 2_000;
const TOLD_EVERY_MS = 60_000;

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

class OtlpSpan implements Span {
  readonly own: ApiSpan;

  constructor(own: ApiSpan) {
    this.own = own;
  }
  get trace_id(): string {
    return this.own.spanContext().traceId;
  }
  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.own.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }
  rename(name: string): void {
    this.own.updateName(name);
  }
  set(attributes: Attributes): void {
    this.own.setAttributes(attributes);
  }
  fail(error_type: string): void {
    this.own.setAttribute('error.type', error_type).setStatus({ code: SpanStatusCode.ERROR });
  }
  end(): void {
    this.own.end();
  }
}

/** Undefined where the text is none, as anybody may send one. */
function spanContextOf(text: string): SpanContext | undefined {
  if (!isTraceparent(text)) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = text.split('-');
  // Of the flags only this one is known to version 00.
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}

function parentOf({ parent }: SpanOptions, local: Span | undefined): Context {
  if (parent === undefined) {
    return local instanceof OtlpSpan ? trace.setSpan(ROOT_CONTEXT, local.own) : ROOT_CONTEXT;
  }
  const remote = parent === null ? undefined : spanContextOf(parent);
  return remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: TracingConfig) {
  const kind = name.replace('parentbased_', '');
  const samplers: Record<string, () => Sampler> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  const root = samplers[kind]?.() ?? new AlwaysOnSampler();
  return name === kind ? root : new ParentBasedSampler({ root });
}

/** Says what was lost, and not a line for each batch while the collector is away. */
function tellingExporter(exporter: SpanExporter, onLost: Traced['onLost']): SpanExporter {
  let told_at = Number.NEGATIVE_INFINITY;
  let lost = 0;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        // Failed (ExportResultCode of OpenTelemetry's core, which we have no other need of).
        if (result.code === 1) {
          lost += spans.length;
          if (performance.now() - told_at > TOLD_EVERY_MS) {
            onLost(lost, result.error);
            told_at = performance.now();
            lost = 0;
          }
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}

/** Spans to an OTLP collector, in batches from a queue of bounded length. */
export function otlpTracer(
  url: string,
  config: TracingConfig,
  { service, revision, onLost }: Traced,
) {
  const resource = resourceFromAttributes({
    'service.namespace': 'roundhouse',
    'service.name': service,
    'service.version': revision,
    'service.instance.id': randomUUID(),
  });
  const exporter = tellingExporter(
    new OTLPTraceExporter({ url, timeoutMillis: config.OTEL_EXPORTER_OTLP_TIMEOUT }),
    onLost,
  );
  const maxQueueSize = config.OTEL_BSP_MAX_QUEUE_SIZE;
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize,
    maxExportBatchSize: Math.min(512, maxQueueSize),
    scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY,
  });
  const provider = new TracerProvider({
    resource,
    sampler: samplerOf(config),
    spanProcessors: [processor],
    spanLimits: { attributeValueLengthLimit: 256, attributeCountLimit: 32 },
  });
  const own = provider.getTracer('roundhouse');
  const tracer: Tracer = (name, options, local) => {
    const { kind, attributes = {}, links = [] } = options;
    const known = links.flatMap((link) => spanContextOf(link) ?? []);
    const span = own.startSpan(
      name,
      {
        kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind],
        attributes,
        links: known.map((context) => ({ context })),
      },
      parentOf(options, local),
    );
    return new OtlpSpan(span);
  };
  const stop = async () => {
    const late = new AbortController();
    const patience = setTimeout(STOP_MS, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([provider.shutdown().catch(() => undefined), patience]);
    late.abort();
  };
  return { tracer, stop };
}
