import { type Dashboard, panel } from '../dashboard.ts';
import { percentile, rate, shared } from '../promql.ts';

const requests = 'http_server_request_duration_seconds';
const all = rate(`${requests}_count`, 'service');
const failed = rate(`${requests}_count`, 'service', 'http_response_status_class="5xx"');
const peers = 'service, service_peer_name';

/** Rate, errors and duration of each service, and who is there at all. */
export const platform: Dashboard = {
  uid: 'roundhouse-platform',
  title: 'Roundhouse: platform',
  rows: [
    {
      title: 'Now',
      panels: [
        panel(
          'Instances that answer',
          'none',
          { '{{service}}': 'sum by (service) (up{job=~"roundhouse|gateway"})' },
          { now: true },
        ),
        panel(
          'Requests a second',
          'reqps',
          { 'at the gateway': 'sum(rate(kong_http_requests_total[5m]))' },
          { now: true },
        ),
        panel(
          'Answered without a 5xx, last hour',
          'percentunit',
          { 'of 99.9 % promised': 'min(1 - slo:unavailable:ratio_rate1h)' },
          { now: true, description: 'Of the part of the API where it is worst.' },
        ),
        panel(
          'Builds',
          'none',
          { '{{revision}} {{node}}': 'count by (revision, node) (roundhouse_build_info)' },
          { now: true },
        ),
      ],
    },
    {
      title: 'Requests',
      panels: [
        panel('Rate', 'reqps', { '{{service}}': all }),
        panel('Errors', 'percentunit', {
          '{{service}}': `(${failed} or 0 * ${all}) / (${all} > 0)`,
        }),
        panel('Duration, 99 of 100', 's', { '{{service}}': percentile(99, requests, 'service') }),
        panel('Refusals', 'reqps', {
          '{{code}}': `topk(10, ${rate('roundhouse_refusals_total', 'code')} > 0)`,
        }),
      ],
    },
    {
      title: 'Who asks whom',
      panels: [
        panel('Calls between services, 99 of 100', 's', {
          '{{service}} → {{service_peer_name}}': percentile(
            99,
            'http_client_request_duration_seconds',
            peers,
          ),
        }),
        panel('Open circuits', 'short', {
          '{{service}} → {{service_peer_name}}': shared('roundhouse_circuit_breaker_open', peers),
        }),
        panel('Calls not made', 'reqps', {
          '{{service}} → {{service_peer_name}}': rate(
            'roundhouse_circuit_breaker_refused_calls_total',
            peers,
          ),
        }),
      ],
    },
    {
      title: 'Processes',
      panels: [
        panel('CPU', 'percentunit', {
          '{{service}} {{instance}}':
            'rate(process_cpu_seconds_total{job="roundhouse"}[$__rate_interval])',
        }),
        panel('Memory', 'bytes', {
          '{{service}} {{instance}}': 'process_resident_memory_bytes{job="roundhouse"}',
        }),
      ],
    },
  ],
};
