import type { Configuration, Route, Service } from './configuration-schema.ts';
import { correlationId } from './correlation-id.ts';
import { cors } from './cors.ts';
import { entityId, NO_ENTITY } from './entity-id.ts';
import type { PluginHandler } from './exchange.ts';
import { jwt, TokenVerifier } from './jwt.ts';
import type { CountStore } from './limit-windows.ts';
import type { Metrics } from './metrics.ts';
import type { Plugin } from './plugin-schemas.ts';
import { prometheus } from './prometheus.ts';
import { rateLimiting } from './rate-limiting.ts';
import type { RedisConnections } from './redis-connection.ts';
import { requestSizeLimiting } from './request-size-limiting.ts';
import { requestTermination } from './request-termination.ts';

/** Kong's. */
export const PRIORITIES: Readonly<Record<Plugin['name'], number>> = {
  'correlation-id': 100_001,
  cors: 2000,
  jwt: 1450,
  'request-size-limiting': 951,
  'rate-limiting': 910,
  prometheus: 13,
  'request-termination': 2,
};
const ORDER = (Object.keys(PRIORITIES) as Plugin['name'][]).sort(
  (a, b) => PRIORITIES[b] - PRIORITIES[a],
);

/** What outlives a configuration. */
export type Kept = { counts: CountStore; metrics: Metrics; connections: RedisConnections };

/** What handlers share with one another. */
type Shared = Kept & { verifier: TokenVerifier };

/** Where plugins are declared. Their ids name their counts, as the keys of Kong's counters do. */
type Scope = { plugins: readonly Plugin[]; scope: string };

function createHandler(plugin: Plugin, scope: string, shared: Shared): PluginHandler {
  const { connections } = shared;
  switch (plugin.name) {
    case 'correlation-id':
      return correlationId(plugin.config);
    case 'cors':
      return cors(plugin.config);
    case 'jwt':
      return jwt(plugin.config, shared.verifier);
    case 'request-size-limiting':
      return requestSizeLimiting(plugin.config);
    case 'request-termination':
      return requestTermination(plugin.config);
    case 'prometheus':
      return prometheus(plugin.config, shared.metrics);
    case 'rate-limiting':
      return rateLimiting(plugin.config, { scope, store: shared.counts, connections });
  }
}

function allPlugins({ plugins, services }: Configuration): Plugin[] {
  const nested = services.flatMap((service) => [
    ...service.plugins,
    ...service.routes.flatMap((route) => route.plugins),
  ]);
  return [...plugins, ...nested];
}

/** Fits what is kept to the configuration that now is in force. */
export function settle({ metrics, connections }: Kept, configuration: Configuration): void {
  const plugins = allPlugins(configuration);
  metrics.enable(plugins.some(({ name }) => name === 'prometheus'));
  const limits = plugins.filter((plugin) => plugin.name === 'rate-limiting');
  connections.retain(
    limits.flatMap(({ config: { policy, redis } }) =>
      policy === 'redis' && redis !== undefined ? [redis] : [],
    ),
  );
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
export function createChains(configuration: Configuration, kept: Kept): Chains {
  const shared = { verifier: new TokenVerifier(configuration.consumers), ...kept };
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
