import { type Actor, anAuth, type ServedService, serve } from '@roundhouse/testing';
import { createApp } from '../src/app.ts';
import { contract } from '../src/contract.ts';
import { subscriptions } from '../src/subscriptions.ts';

export type Clients = ServedService<typeof contract>;
export type Colleague = Actor<typeof contract>;

export const serveClients = (): Promise<Clients> =>
  serve({
    contract,
    subscriptions,
    createApp: (base) => createApp({ ...base, auth: anAuth() }),
  });

let made = 0;
/** A client that is nobody else's duplicate. */
export function aClient<Changes extends object>(changes: Changes = {} as Changes) {
  made += 1;
  return { name: `Client ${made}`, email: `client${made}@riverside.example`, ...changes };
}
