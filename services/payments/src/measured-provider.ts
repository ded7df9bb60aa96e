import { durations } from '@roundhouse/service/meters';
import type { Provider } from './stripe.ts';

const calls = durations(
  {
    name: 'roundhouse_provider_request_duration_seconds',
    help: 'How long the payment provider took, by what it was asked and what came of it.',
    labels: {
      provider: ['stripe'],
      operation: ['charge', 'create_account'],
      outcome: ['succeeded', 'failed', 'unknown'],
    },
  },
  [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 5],
);

type Operation = 'charge' | 'create_account';

/** The provider, and a watch on how long it takes: as long as somebody waits, retries included. */
export function measuredProvider(provider: Provider): Provider {
  async function timed<T extends { kind: string }>(operation: Operation, call: Promise<T>) {
    const began_at = performance.now();
    const answer = await call;
    const outcome =
      answer.kind === 'unknown' || answer.kind === 'failed' ? answer.kind : 'succeeded';
    const seconds = (performance.now() - began_at) / 1_000;
    calls.observe({ provider: 'stripe', operation, outcome }, seconds);
    return answer;
  }
  return {
    charge: (request, timeout_ms) => timed('charge', provider.charge(request, timeout_ms)),
    createAccount: (request, timeout_ms) =>
      timed('create_account', provider.createAccount(request, timeout_ms)),
    readEvent: provider.readEvent,
  };
}
