import { type Dashboard, panel } from '../dashboard.ts';
import { percentile, rate } from '../promql.ts';

const chosen = 'service=~"$service"';
const used = `db_client_connection_count{state="used", ${chosen}}`;
const pool = '{{service}} {{pool}}';
const waits = 'db_client_connection_wait_time_seconds';

/** What the services have and want of Postgres: four connections for requests, one for the rest. */
export const database: Dashboard = {
  uid: 'roundhouse-database',
  title: 'Roundhouse: database',
  by_service: true,
  rows: [
    {
      title: 'Pools',
      panels: [
        panel('Connections in use', 'short', { [pool]: `sum by (service, pool) (${used})` }),
        panel('Part of the pool in use', 'percentunit', {
          '{{instance}} {{pool}}':
            `sum by (instance, pool) (${used})` +
            ` / sum by (instance, pool) (db_client_connection_max{${chosen}})`,
        }),
        panel('Callers who wait', 'short', {
          [pool]: `sum by (service, pool) (db_client_connection_pending_requests{${chosen}})`,
        }),
        panel('Wait for a connection, 99 of 100', 's', {
          [pool]: percentile(99, waits, 'service, pool', chosen),
        }),
        panel('Loans', 'reqps', { [pool]: rate(`${waits}_count`, 'service, pool', chosen) }),
        panel('Refused as busy, or since the database was away', 'reqps', {
          '{{service}} {{code}}': rate(
            'roundhouse_refusals_total',
            'service, code',
            `code=~"busy|database_unavailable", ${chosen}`,
          ),
        }),
      ],
    },
  ],
};
