import type CircuitBreaker from 'opossum';
import { counter, durations, ownGauge } from './meters.ts';

const calls = durations(
  {
    name: 'http_client_request_duration_seconds',
    help: 'How long calls to other services took, each attempt; `failed` had no answer in time.',
    labels: {
      service_peer_name: 'open',
      http_request_method: 'open',
      url_template: 'open',
      http_response_status_class: ['2xx', '3xx', '4xx', '5xx', 'failed'],
    },
  },
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
);

const notMade = counter({
  name: 'roundhouse_circuit_breaker_refused_calls_total',
  help: 'Calls to another service that were not made, since most before them had failed.',
  labels: { service_peer_name: 'open' },
});

const breakers = new Map<string, CircuitBreaker>();
ownGauge(
  {
    name: 'roundhouse_circuit_breaker_open',
    help: '1 while this process makes no calls to the other service, since most have failed.',
    label: 'service_peer_name',
  },
  () => breakers.entries().map(([peer, breaker]) => [peer, breaker.opened ? 1 : 0]),
);

/** Shows what stands between this process and another service. */
export function watchBreaker(service_peer_name: string, breaker: CircuitBreaker): void {
  breakers.set(service_peer_name, breaker);
  notMade.show({ service_peer_name });
  breaker.on('reject', () => notMade.count({ service_peer_name }));
}

export interface Called {
  service_peer_name: string;
  http_request_method: string;
  url_template: string;
}

const STATUS_CLASSES = ['2xx', '3xx', '4xx', '5xx'] as const;

/** Measures one attempt, until its head is here or it has failed. */
export async function measured(called: Called, attempt: () => Promise<Response>) {
  const began_at = performance.now();
  const observe = (http_response_status_class: (typeof STATUS_CLASSES)[number] | 'failed') =>
    calls.observe(
      { ...called, http_response_status_class },
      (performance.now() - began_at) / 1_000,
    );
  try {
    const answer = await attempt();
    observe(STATUS_CLASSES[Math.floor(answer.status / 100) - 2] ?? 'failed');
    return answer;
  } catch (error) {
    observe('failed');
    throw error;
  }
}
