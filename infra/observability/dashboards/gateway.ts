import { type Dashboard, panel } from '../dashboard.ts';
import { percentile, rate } from '../promql.ts';

const requests = 'kong_http_requests_total';

/** By the names of Kong's plugin, which the embedded gateway has as well. */
export const gateway: Dashboard = {
  uid: 'roundhouse-gateway',
  title: 'Roundhouse: gateway',
  rows: [
    {
      title: 'Requests',
      panels: [
        panel('Rate by route', 'reqps', { '{{route}}': rate(requests, 'route') }),
        panel('Answers by status', 'reqps', { '{{code}}': rate(requests, 'code') }),
        panel("The gateway's own refusals", 'reqps', {
          '{{route}} {{code}}': rate(requests, 'route, code', 'source="kong"'),
        }),
        panel('Bytes a second', 'bytes', {
          '{{direction}}': rate('kong_bandwidth_bytes', 'direction'),
        }),
      ],
    },
    {
      title: 'Time',
      panels: [
        panel('Whole request, 99 of 100', 'ms', {
          '{{route}}': percentile(99, 'kong_request_latency_ms', 'route'),
        }),
        panel("The service's part, 99 of 100", 'ms', {
          '{{route}}': percentile(99, 'kong_upstream_latency_ms', 'route'),
        }),
        panel("The gateway's part, 99 of 100", 'ms', {
          '{{route}}': percentile(99, 'kong_kong_latency_ms', 'route'),
        }),
      ],
    },
    {
      title: 'The node',
      panels: [
        panel('Connections', 'short', {
          '{{state}}':
            'sum by (state)' +
            ' (kong_nginx_connections_total{state=~"active|reading|writing|waiting"})',
        }),
        panel('Memory of the workers', 'bytes', {
          '{{instance}} {{pid}}': 'kong_memory_workers_lua_vms_bytes',
        }),
      ],
    },
  ],
};
