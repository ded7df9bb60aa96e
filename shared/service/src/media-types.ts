import type { Route } from './contract.ts';

export const FORM_TYPE = 'application/x-www-form-urlencoded';
export const CSV_TYPE = 'text/csv';

/** What a body is sent as. */
export function mediaTypeOf(type: Route['body_type'] | Route['response_type']): string {
  if (type === 'form') return FORM_TYPE;
  return type === 'csv' ? CSV_TYPE : 'application/json';
}
