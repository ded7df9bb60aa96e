import { type Dashboard, panel } from '../dashboard.ts';

/** What is promised to clients, what is left of it, and how fast it goes. */
export const slo: Dashboard = {
  uid: 'roundhouse-slo',
  title: 'Roundhouse: promises',
  rows: [
    {
      title: '99.9 % answered without a 5xx, in 30 days',
      panels: [
        panel(
          'Error budget left',
          'percentunit',
          { '{{service}}': 'slo:availability_budget:left_30d' },
          { now: true },
        ),
        panel(
          'How fast it goes (1 uses it up in 30 days)',
          'short',
          {
            '{{service}}, an hour': 'slo:unavailable:ratio_rate1h / 0.001',
            '{{service}}, 5 minutes': 'slo:unavailable:ratio_rate5m / 0.001',
          },
          { description: 'Above 14.4 in both windows somebody is woken.' },
        ),
        panel('Part of the requests that failed', 'percentunit', {
          '{{service}}, six hours': 'slo:unavailable:ratio_rate6h',
          '{{service}}, a day': 'slo:unavailable:ratio_rate1d',
        }),
      ],
    },
    {
      title: '99 % answered within 400 ms, in 30 days',
      panels: [
        panel(
          'Latency budget left',
          'percentunit',
          { '{{service}}': 'slo:latency_budget:left_30d' },
          { now: true },
        ),
        panel('How fast it goes (1 uses it up in 30 days)', 'short', {
          '{{service}}, an hour': 'slo:slow:ratio_rate1h / 0.01',
          '{{service}}, 5 minutes': 'slo:slow:ratio_rate5m / 0.01',
        }),
        panel('Part of the requests that were slow', 'percentunit', {
          '{{service}}, six hours': 'slo:slow:ratio_rate6h',
          '{{service}}, a day': 'slo:slow:ratio_rate1d',
        }),
      ],
    },
    {
      title: 'Alerts',
      panels: [
        panel(
          'Firing',
          'short',
          { '{{alertname}} {{service}}': 'ALERTS{alertstate="firing"}' },
          { empty_when: 'no alert fires while all is well' },
        ),
      ],
    },
  ],
};
