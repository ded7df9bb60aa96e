import { type Dashboard, panel } from '../dashboard.ts';
import { inRange, percentile, rate, shared } from '../promql.ts';

const shown = (what: string, by: string) => inRange(`roundhouse_${what}_total`, by);
const hourly = (what: string, by: string, where = '') =>
  `3600 * ${rate(`roundhouse_${what}_total`, by, where)}`;
const provider = 'roundhouse_provider_request_duration_seconds';

/** What all businesses on the platform do together, and what becomes of their money. */
export const business: Dashboard = {
  uid: 'roundhouse-business',
  title: 'Roundhouse: bookings and money',
  rows: [
    {
      title: 'In the time shown',
      panels: [
        panel('Charters', 'none', { '{{status}}': shown('charters', 'status') }, { now: true }),
        panel('Quotes', 'none', { '{{status}}': shown('quotes', 'status') }, { now: true }),
        panel(
          'Collected, in minor units',
          'none',
          { '{{currency}}': shown('collected_minor_units', 'currency') },
          { now: true },
        ),
        panel(
          'Invoiced, in minor units',
          'none',
          { '{{currency}}': shown('invoiced_minor_units', 'currency') },
          { now: true },
        ),
      ],
    },
    {
      title: 'Bookings, an hour',
      panels: [
        panel('Charters by the status they come to', 'short', {
          '{{status}}': hourly('charters', 'status'),
        }),
        panel('Refused slots', 'short', {
          '{{code}}': hourly('refusals', 'code', 'code="vehicle_taken"'),
        }),
        panel('Log-ins', 'short', { '{{result}}': hourly('log_ins', 'result') }),
        panel('New businesses and clients', 'short', {
          businesses: hourly('sign_ups', ''),
          'clients by {{source}}': hourly('clients_created', 'source'),
        }),
      ],
    },
    {
      title: 'Money',
      panels: [
        panel('Payments, an hour', 'short', { '{{outcome}}': hourly('payments', 'outcome') }),
        panel('Calls to the provider, 95 of 100', 's', {
          '{{operation}}': percentile(95, provider, 'operation'),
        }),
        panel('Calls to the provider by outcome', 'reqps', {
          '{{operation}} {{outcome}}': rate(`${provider}_count`, 'operation, outcome'),
        }),
        panel('Webhooks of the provider', 'reqps', {
          '{{result}}': rate('roundhouse_provider_webhooks_total', 'result'),
        }),
        panel('What is to leave the house', 'short', {
          '{{state}}': shared('roundhouse_effects', 'state'),
        }),
        panel('Age of the oldest unknown outcome', 's', {
          oldest: shared('roundhouse_effects_oldest_unknown_seconds', ''),
        }),
        panel('Unknown outcomes, an hour', 'short', {
          '{{kind}}': hourly('unknown_outcomes', 'kind'),
        }),
        panel('Charged twice by the provider', 'short', {
          'second charges': shown('second_charges', ''),
        }),
      ],
    },
  ],
};
