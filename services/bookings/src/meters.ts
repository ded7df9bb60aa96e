import { counter } from '@roundhouse/service/meters';
import { charterStatuses } from './charters/states.ts';

/** Each charter counts once in each status that it comes to. */
export const charters = counter({
  name: 'roundhouse_charters_total',
  help: 'Charters by the status that they have come to: inquiry (made), quoted, … canceled.',
  labels: { status: charterStatuses },
});

export const quotes = counter({
  name: 'roundhouse_quotes_total',
  help: 'Quotes by the status that they have come to; one that another replaces is not counted.',
  labels: { status: ['draft', 'sent', 'accepted', 'superseded'] },
});
