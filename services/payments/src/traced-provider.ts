import { traced } from '@roundhouse/telemetry/span';
import type { Provider } from './stripe.ts';

interface Told {
  kind: string;
}

/** A provider whose calls a trace shows: by what is asked and what came of it, and nothing else. */
export function tracedProvider(provider: Provider): Provider {
  const call = <T extends Told>(operation: string, work: () => Promise<T>): Promise<T> => {
    const attributes = { 'service.peer.name': 'stripe', 'roundhouse.operation': operation };
    return traced(`stripe ${operation}`, { kind: 'client', attributes }, async (span) => {
      const told = await work();
      span?.set({ 'roundhouse.outcome': told.kind });
      // The provider never throws: that nobody knows is how its outages look.
      if (told.kind === 'unknown') span?.fail('unknown');
      return told;
    });
  };
  return {
    ...provider,
    charge: (request, timeout_ms) => call('charge', () => provider.charge(request, timeout_ms)),
    createAccount: (request, timeout_ms) =>
      call('create account', () => provider.createAccount(request, timeout_ms)),
  };
}
