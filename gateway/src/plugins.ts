import type { Configuration, Plugin, Route, Service } from './configuration-schema.ts';
import { correlationId } from './correlation-id.ts';
import { cors } from './cors.ts';
import { entityId, NO_ENTITY } from './entity-id.ts';
import type { PluginHandler } from './exchange.ts';
import { jwt, TokenVerifier } from './jwt.ts';
import type { CountStore } from './limit-windows.ts';
import { rateLimiting } from './rate-limiting.ts';
import { requestSizeLimiting } from './request-size-limiting.ts';

/** Kong's priorities: 100001, 2000, 1450, 951, 910. */
const ORDER = ['correlation-id', 'cors', 'jwt', 'request-size-limiting', 'rate-limiting'] as const;

/** What handlers share with one another; the counts also with those of the next configuration. */
type Shared = { verifier: TokenVerifier; counts: CountStore };

/** Where plugins are declared. Their ids name their counts, as the keys of Kong's counters do. */
type Scope = { plugins: readonly Plugin[]; scope: string };

function createHandler(plugin: Plugin, scope: string, shared: Shared): PluginHandler {
  switch (plugin.name) {
    case 'correlation-id':
      return correlationId(plugin.config);
    case 'cors':
      return cors(plugin.config);
    case 'jwt':
      return jwt(plugin.config, shared.verifier);
    case 'request-size-limiting':
      return requestSizeLimiting(plugin.config);
    case 'rate-limiting':
      return rateLimiting(plugin.config, { scope, store: shared.counts });
  }
}

export type Chains = {
  /** What answers to requests of no route pass through. */
  ofNoRoute: readonly PluginHandler[];
  ofRoute: (service: Service, route: Route) => readonly PluginHandler[];
};

/**
 * The plugins of each route in Kong's order. Of one name the nearest declaration alone counts: the
 * route's, the service's, the global one. A declaration has one handler, hence one set of counters.
 */
export function createChains(configuration: Configuration, counts: CountStore): Chains {
  const shared = { verifier: new TokenVerifier(configuration.consumers), counts };
  const handlers = new Map<Plugin, PluginHandler>();

  function handlerOf(plugin: Plugin, scope: string): PluginHandler {
    const handler = handlers.get(plugin) ?? createHandler(plugin, scope, shared);
    handlers.set(plugin, handler);
    return handler;
  }

  function chain(...scopes: Scope[]): PluginHandler[] {
    return ORDER.flatMap((name) => {
      for (const { plugins, scope } of scopes) {
        const plugin = plugins.find((candidate) => candidate.name === name);
        if (plugin !== undefined) return [handlerOf(plugin, scope)];
      }
      return [];
    });
  }

  const everywhere = { plugins: configuration.plugins, scope: `${NO_ENTITY}:${NO_ENTITY}` };
  const scopeOfRoute = ({ plugins, name }: Route) => ({
    plugins,
    scope: `${entityId('routes', name)}:${NO_ENTITY}`,
  });
  const scopeOfService = ({ plugins, name }: Service) => ({
    plugins,
    scope: `${NO_ENTITY}:${entityId('services', name)}`,
  });
  return {
    ofNoRoute: chain(everywhere),
    ofRoute: (service, route) => chain(scopeOfRoute(route), scopeOfService(service), everywhere),
  };
}
