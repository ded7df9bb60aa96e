import { counter } from '@roundhouse/service/meters';

export const clientsMade = counter({
  name: 'roundhouse_clients_created_total',
  help: 'Clients that were entered, one by one (`form`) or by a table (`import`).',
  labels: { source: ['form', 'import'] },
});
