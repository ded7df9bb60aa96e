import { type Dashboard, panel } from '../dashboard.ts';
import { percentile, rate } from '../promql.ts';

const requests = 'http_server_request_duration_seconds';
const chosen = 'service=~"$service"';
const route = 'http_request_method, http_route';
const legend = '{{http_request_method}} {{http_route}}';

/** One service, or a few, as closely as there are numbers. */
export const service: Dashboard = {
  uid: 'roundhouse-service',
  title: 'Roundhouse: service',
  by_service: true,
  rows: [
    {
      title: 'Requests by route',
      panels: [
        panel('Rate', 'reqps', { [legend]: rate(`${requests}_count`, route, chosen) }),
        panel('Duration, 99 of 100', 's', {
          [legend]: `${percentile(99, requests, route, chosen)} > 0`,
        }),
        panel('Duration of all routes', 's', {
          '50 of 100': percentile(50, requests, '', chosen),
          '95 of 100': percentile(95, requests, '', chosen),
          '99 of 100': percentile(99, requests, '', chosen),
        }),
        panel('Answers by class of status', 'reqps', {
          '{{http_response_status_class}}': rate(
            `${requests}_count`,
            'http_response_status_class',
            chosen,
          ),
        }),
        panel('Refusals by code', 'reqps', {
          '{{code}}': `${rate('roundhouse_refusals_total', 'code', chosen)} > 0`,
        }),
        panel('Requests under way', 'short', {
          '{{instance}}': `http_server_active_requests{${chosen}}`,
        }),
      ],
    },
    {
      title: 'The process',
      panels: [
        panel(
          'Event-loop lag, 99 of 100',
          's',
          { '{{instance}}': `nodejs_eventloop_lag_p99_seconds{${chosen}}` },
          { description: 'The 20 ms between two looks are in it.' },
        ),
        panel('CPU', 'percentunit', {
          '{{instance}}': `rate(process_cpu_seconds_total{${chosen}}[$__rate_interval])`,
        }),
        panel('Memory', 'bytes', {
          'resident {{instance}}': `process_resident_memory_bytes{${chosen}}`,
          'heap {{instance}}': `nodejs_heap_size_used_bytes{${chosen}}`,
        }),
        panel('Garbage collection', 'percentunit', {
          '{{instance}}': rate('nodejs_gc_duration_seconds_sum', 'instance', chosen),
        }),
        panel('Open files', 'short', { '{{instance}}': `process_open_fds{${chosen}}` }),
        panel('Failures beside the requests', 'reqps', {
          '{{service}} {{part}}': rate(
            'roundhouse_background_failures_total',
            'service, part',
            chosen,
          ),
        }),
      ],
    },
  ],
};
