import type { Configuration, Plugin, Route, Service } from './configuration-schema.ts';
import { correlationId } from './correlation-id.ts';
import { cors } from './cors.ts';
import type { PluginHandler } from './exchange.ts';
import { jwt, TokenVerifier } from './jwt.ts';
import { rateLimiting } from './rate-limiting.ts';
import { requestSizeLimiting } from './request-size-limiting.ts';

/** Kong's priorities: 100001, 2000, 1450, 951, 910. */
const ORDER = ['correlation-id', 'cors', 'jwt', 'request-size-limiting', 'rate-limiting'] as const;

function createHandler(plugin: Plugin, scope: string, verifier: TokenVerifier): PluginHandler {
  switch (plugin.name) {
    case 'correlation-id':
      return correlationId(plugin.config);
    case 'cors':
      return cors(plugin.config);
    case 'jwt':
      return jwt(plugin.config, verifier);
    case 'request-size-limiting':
      return requestSizeLimiting(plugin.config);
    case 'rate-limiting':
      return rateLimiting(plugin.config, scope);
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
export function createChains(configuration: Configuration): Chains {
  const verifier = new TokenVerifier(configuration.consumers);
  const handlers = new Map<Plugin, PluginHandler>();

  function handlerOf(plugin: Plugin, scope: string): PluginHandler {
    const handler = handlers.get(plugin) ?? createHandler(plugin, scope, verifier);
    handlers.set(plugin, handler);
    return handler;
  }

  function chain(...scopes: { name: string; plugins: readonly Plugin[] }[]): PluginHandler[] {
    return ORDER.flatMap((name) => {
      for (const scope of scopes) {
        const plugin = scope.plugins.find((candidate) => candidate.name === name);
        if (plugin !== undefined) return [handlerOf(plugin, scope.name)];
      }
      return [];
    });
  }

  const everywhere = { name: 'every route', plugins: configuration.plugins };
  return {
    ofNoRoute: chain(everywhere),
    ofRoute: (service, route) => chain(route, service, everywhere),
  };
}
