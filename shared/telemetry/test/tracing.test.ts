import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { notFound } from '@roundhouse/errors';
import { eventually } from '@roundhouse/testing';
import { type OtlpCollector, otlpCollector } from '@roundhouse/testing/otlp-collector';
import { z } from 'zod';
import { current, within } from '../src/current.ts';
import { isTracing, startSpan, traced } from '../src/span.ts';
import { startTracing, type Tracing, tracingFields } from '../src/tracing.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

let collector: OtlpCollector;
let tracing: Tracing | undefined;
let lost: number[] = [];
beforeEach(async () => {
  collector = await otlpCollector();
  lost = [];
});
afterEach(async () => {
  await tracing?.stop();
  tracing = undefined;
  await collector.close();
});

async function trace(variables: Record<string, string> = {}): Promise<void> {
  const config = z.object(tracingFields).parse({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '10',
    ...variables,
  });
  const onLost = (spans: number) => lost.push(spans);
  tracing = await startTracing(config, { service: 'clients', revision: 'test', onLost });
}
const collected = (count: number) =>
  eventually(async () => {
    expect(collector.spans.length).toBeGreaterThanOrEqual(count);
    return collector.spans;
  });
const named = (name: string) => collector.spans.find((span) => span.name === name);

describe('a trace', () => {
  test('goes on with whoever asked, through what is done for it', async () => {
    await trace();
    const parent = `00-${TRACE}-${PARENT}-01`;
    const attributes = { 'http.route': '/clients/:id', count: 3, ratio: 0.5, new: true };
    await traced('serve', { kind: 'server', parent, attributes }, async () => {
      await traced('transaction', { kind: 'client' }, async (span) => {
        expect(current()?.span).toBe(span);
      });
    });
    await collected(2);
    const [serve, transaction] = [named('serve'), named('transaction')];
    expect(serve).toMatchObject({ service: 'clients', trace_id: TRACE, parent_id: PARENT });
    expect(serve).toMatchObject({ kind: 2, status: 0, attributes });
    expect(transaction).toMatchObject({ trace_id: TRACE, parent_id: serve?.span_id, kind: 3 });
  });

  test('begins where nobody sent one, or one that is none', async () => {
    await trace();
    for (const parent of [null, 'nonsense']) startSpan('begins', { parent })?.end();
    const spans = await collected(2);
    expect(spans.map(({ parent_id }) => parent_id)).toEqual(['', '']);
    expect(spans[0]?.trace_id).not.toBe(spans[1]?.trace_id);
  });

  test('tells a refusal from a failure, and of neither its text', async () => {
    await trace();
    const fails = (name: string, error: Error) =>
      expect(traced(name, {}, () => Promise.reject(error))).rejects.toBe(error);
    await fails('refused', notFound('client'));
    await fails('failed', Object.assign(new Error('canary'), { code: '23505' }));
    await collected(2);
    expect(named('refused')).toMatchObject({
      ...{ status: 0, attributes: { 'roundhouse.refusal': 'not_found' } },
    });
    expect(named('failed')).toMatchObject({ status: 2, attributes: { 'error.type': '23505' } });
    expect(collector.bytes().includes('canary')).toBe(false);
  });

  test('is kept or left out by whoever began it, and by the ratio where it begins', async () => {
    await trace({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    const left = startSpan('left out', { parent: null });
    expect(left?.traceparent).toMatch(/-00$/);
    within({ span: left }, () => startSpan('below'))?.end();
    left?.end();
    startSpan('not wanted', { parent: `00-${TRACE}-${PARENT}-00` })?.end();
    startSpan('wanted', { parent: `00-${TRACE}-${PARENT}-01` })?.end();
    await collected(1);
    await tracing?.stop();
    expect(collector.spans.map(({ name }) => name)).toEqual(['wanted']);
  });
});

describe('a collector', () => {
  const work = (count: number) => {
    for (let number = 0; number < count; number += 1) startSpan('work')?.end();
  };

  test('that refuses costs its spans, and one line', async () => {
    await trace();
    collector.answer(400);
    work(10);
    await eventually(async () => expect(lost).toEqual([10]));
    work(10);
    await eventually(async () => expect(collector.batches()).toBeGreaterThan(1));
    expect(lost).toEqual([10]);
    collector.answer(200);
    work(1);
    await collected(1);
  });

  test('that is silent holds up nobody: what the queue cannot hold is gone', async () => {
    await trace({ OTEL_BSP_MAX_QUEUE_SIZE: '50', OTEL_EXPORTER_OTLP_TIMEOUT: '3000' });
    collector.answer(undefined);
    work(1_000);
    // The end of the process comes all the same, though nobody has answered.
    await tracing?.stop();
    expect(collector.spans).toEqual([]);
    expect(collector.batches()).toBeGreaterThan(0);
    // Of 1,000 spans that came at once the queue has held 50.
    expect(collector.bytes().toString('latin1').split('work').length - 1).toBeLessThanOrEqual(100);
  });

  test('gets what is left when the process stops', async () => {
    await trace({ OTEL_BSP_SCHEDULE_DELAY: '60000' });
    work(3);
    await tracing?.stop();
    expect(collector.spans).toHaveLength(3);
  });
});

describe('without an endpoint', () => {
  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [{ OTEL_SDK_DISABLED: 'true' }],
    [{ OTEL_TRACES_EXPORTER: 'none' }],
  ])('or with %j, nothing is traced', async (variables) => {
    await trace(variables);
    expect(isTracing()).toBe(false);
    expect(startSpan('work')).toBeUndefined();
  });

  test('OpenTelemetry is not even read', () => {
    const loaded = (variables: object) => {
      const program = `
        import { registerHooks } from 'node:module';
        const urls = [];
        const load = (url, context, next) => { urls.push(url); return next(url, context); };
        registerHooks({ load });
        const { startTracing, tracingFields } = await import('@roundhouse/telemetry/tracing');
        const { z } = await import('zod');
        const config = z.object(tracingFields).parse(${JSON.stringify(variables)});
        await startTracing(config, { service: 'x', revision: 'x', onLost: () => undefined });
        process.stdout.write(String(urls.filter((url) => url.includes('@opentelemetry')).length));
        process.exit(0);`;
      const options = { cwd: import.meta.dirname, encoding: 'utf8' } as const;
      return Number(
        execFileSync(process.execPath, ['--input-type=module', '-e', program], options),
      );
    };
    expect(loaded({})).toBe(0);
    expect(loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toBeGreaterThan(10);
  });
});

test.each([
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' },
  { OTEL_TRACES_SAMPLER: 'jaeger_remote' },
  { OTEL_TRACES_SAMPLER_ARG: '2' },
  { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
])('%j is refused at the start', (variables) => {
  expect(z.object(tracingFields).safeParse(variables).success).toBe(false);
});
