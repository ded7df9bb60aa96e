import { setTimeout } from 'node:timers/promises';
import { call } from './http.ts';
import { signUpBody } from './office.ts';

const PATHS = [
  ...['auth/tenant', 'clients/clients', 'pricing/rate-cards', 'bookings/resources'],
  'payments/payments',
];
/** New tokens this often, and the one before is used as long again. */
const REFRESH_MS = 2_000;
const BETWEEN_MS = 20;

export interface Tally {
  requests: number;
  refreshes: number;
  logins: number;
  /** 401 and 403: what a rotation must never cause. */
  refused: string[];
  /** Everything else that is no success: what a kill may cause. */
  failed: string[];
}

export interface Load {
  tally: Tally;
  /** Ends the load; resolves when everybody has stopped. */
  stop(): Promise<Tally>;
}

interface Person {
  email: string;
  password: string;
  access: string[];
  refresh: string;
}

/** Several businesses whose people ask, refresh and log in, all the time. */
export async function startLoad(businesses: number): Promise<Load> {
  const tally: Tally = { requests: 0, refreshes: 0, logins: 0, refused: [], failed: [] };
  let over = false;

  const note = (what: string, { status, body }: { status: number; body: { code?: string } }) => {
    const good = status >= 200 && status < 300;
    if (good) return true;
    const said = `${what}: ${status} ${body?.code ?? JSON.stringify(body) ?? ''}`;
    (status === 401 || status === 403 ? tally.refused : tally.failed).push(said);
    return false;
  };

  const people = await Promise.all(
    Array.from({ length: businesses }, async (): Promise<Person> => {
      const { email, password, ...business } = signUpBody();
      const asked = { ...business, email, password };
      const { body } = await call({ method: 'POST', path: 'auth/signup', body: asked });
      return { email, password, access: [body.access_token], refresh: body.refresh_token };
    }),
  );

  const asks = async (person: Person) => {
    for (let turn = 0; !over; turn += 1) {
      const token = person.access[turn % person.access.length];
      const path = PATHS[turn % PATHS.length] as string;
      tally.requests += 1;
      note(path, await call({ method: 'GET', path, token }));
      await setTimeout(BETWEEN_MS);
    }
  };
  const refreshes = async (person: Person) => {
    while (!over) {
      const body = { refresh_token: person.refresh };
      const answer = await call({ method: 'POST', path: 'auth/refresh', body });
      tally.refreshes += 1;
      // A lost answer is asked for again within the grace of the token.
      if (!note('refresh', answer)) await setTimeout(100);
      else {
        person.access = [answer.body.access_token, ...person.access.slice(0, 1)];
        person.refresh = answer.body.refresh_token;
        await setTimeout(REFRESH_MS);
      }
    }
  };
  const logsIn = async ({ email, password }: Person) => {
    while (!over) {
      const body = { email, password };
      tally.logins += 1;
      note('log-in', await call({ method: 'POST', path: 'auth/login', body }));
      await setTimeout(1_000);
    }
  };
  const running = people.flatMap((person) => [asks(person), refreshes(person), logsIn(person)]);
  return {
    tally,
    stop: async () => {
      over = true;
      await Promise.all(running);
      return tally;
    },
  };
}
