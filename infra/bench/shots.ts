import type { Shot } from './load.ts';
import type { Prepared } from './prepare.ts';

/** The requests of each kind, one after the other; undefined when there are no more. */
export function shotsOf(prepared: Prepared) {
  let turn = 0;
  const next = <T>(list: T[]): T => {
    turn += 1;
    return list[turn % list.length] as T;
  };
  const get = (path: string) => (): Shot => ({
    ...{ method: 'GET', path },
    headers: { authorization: `Bearer ${next(prepared.tokens).token}` },
  });
  const acceptance = (token: string): Shot => ({
    method: 'POST',
    path: `/api/v1/charters/public/quotes/${token}/accept`,
    body: '{"name":"Pat Principal","terms_accepted":true}',
  });
  return {
    acceptance,
    accept: (): Shot | undefined => {
      const quote = prepared.quotes.pop();
      if (quote === undefined) return undefined;
      return { ...acceptance(quote.token), headers: { 'idempotency-key': quote.quote_id } };
    },
    /** The same rows, written by the reference. */
    write: (): Shot | undefined => {
      const quote = prepared.quotes.pop();
      if (quote === undefined) return undefined;
      const { tenant_id, quote_id, resource_id } = quote;
      const body = JSON.stringify({ tenant_id, quote_id, resource_id });
      return { method: 'POST', path: '/accept', body };
    },
    charters: get('/api/v1/charters/charters?limit=20'),
    clients: get('/api/v1/clients/clients?limit=20'),
    direct: get('/charters?limit=20'),
    bareList: (): Shot => ({ method: 'GET', path: `/list/${next(prepared.tokens).tenant_id}` }),
    login: (): Shot => ({
      ...{ method: 'POST', path: '/api/v1/auth/login' },
      body: JSON.stringify(next(prepared.accounts)),
    }),
  };
}
