import type { Shot } from './fire.ts';
import type { Business, PreparedQuote } from './prepare.ts';

/** Many loopback addresses: on public routes the limiter, which stays on, counts by address. */
export const addresses = Array.from(
  { length: 400 },
  (_, index) => `127.0.${1 + (index >> 7)}.${1 + (index & 127)}`,
);

export type Shots = ReturnType<typeof shotsOf>;

export const acceptance = ({ token, quote_id }: PreparedQuote): Shot => ({
  method: 'POST',
  path: `/api/v1/charters/public/quotes/${token}/accept`,
  headers: { 'idempotency-key': quote_id },
  body: '{"name":"Pat Principal","terms_accepted":true}',
});

/** The requests of each kind, one after the other; undefined when there are no more. */
export function shotsOf(businesses: Business[], quotes: PreparedQuote[]) {
  let turn = 0;
  const next = (): Business => {
    turn += 1;
    return businesses[turn % businesses.length] as Business;
  };
  const get = (path: (business: Business) => string) => (): Shot => {
    const business = next();
    const token = business.tokens[Math.floor(turn / businesses.length) % business.tokens.length];
    return {
      ...{ method: 'GET', path: path(business) },
      headers: { authorization: `Bearer ${token}` },
    };
  };
  const client = (business: Business) => business.client_ids[turn % business.client_ids.length];
  return {
    accept: (): Shot | undefined => {
      const quote = quotes.pop();
      return quote && acceptance(quote);
    },
    /** The same rows, written by the reference. */
    write: (): Shot | undefined => {
      const quote = quotes.pop();
      return quote && { method: 'POST', path: '/accept', body: JSON.stringify(quote) };
    },
    charters: get(() => '/api/v1/charters/charters?limit=20'),
    /** As a calendar asks. */
    byStart: get(() => '/api/v1/charters/charters?limit=20&sort=starts_at'),
    history: get((of) => `/api/v1/charters/charters?limit=20&client_id=${client(of)}`),
    charter: get((of) => `/api/v1/charters/charters/${of.template.charter_id}`),
    quote: get((of) => `/api/v1/charters/quotes/${of.template.quote_id}`),
    clients: get(() => '/api/v1/clients/clients?limit=20'),
    ledger: get(() => '/api/v1/payments/ledger/accounts'),
    /** Past the gateway. */
    direct: get(() => '/charters?limit=20'),
    bareList: (): Shot => ({ method: 'GET', path: `/list/${next().tenant_id}` }),
    login: (): Shot => ({
      ...{ method: 'POST', path: '/api/v1/auth/login' },
      body: JSON.stringify(next().account),
    }),
  };
}

/** What people do, in parts of a hundred requests: most look, some book, a few log in. */
const MIX: [keyof Shots, number][] = [
  ...([
    ['charters', 25],
    ['history', 20],
    ['byStart', 15],
    ['charter', 8],
  ] as const),
  ...([
    ['quote', 7],
    ['clients', 10],
    ['accept', 10],
    ['ledger', 2],
    ['login', 3],
  ] as const),
].map(([kind, part]) => [kind, part]);

export const MIXED = MIX.map(([kind, part]) => `${part} % ${kind}`).join(', ');

/** One of them by chance; a list where no quote is left. */
export function mixed(shots: Shots, random: () => number): () => Shot {
  return () => {
    let left = random() * 100;
    const found = MIX.find(([, part]) => {
      left -= part;
      return left < 0;
    });
    return shots[found?.[0] ?? 'charters']() ?? shots.charters();
  };
}
