import type { Configuration, Consumer, Route, Service } from './configuration-schema.ts';
import { entityId, pluginId } from './entity-id.ts';
import type { Plugin } from './plugin-schemas.ts';

/** An entity as Kong's Admin API shows it: everything there is, defaults too. */
export type Entity = { id: string; name?: string; tags: string[] | null } & Record<string, unknown>;

export type Collection = 'services' | 'routes' | 'plugins' | 'consumers';
export type Entities = Record<Collection, Entity[]>;

/** What Kong's plugins have beyond the keys that may be set here. Optional ones are null. */
const PLUGIN_DEFAULTS: Record<Plugin['name'], Record<string, unknown>> = {
  'correlation-id': {},
  cors: { max_age: null, private_network: false, preflight_continue: false },
  jwt: {
    uri_param_names: ['jwt'],
    cookie_names: [],
    header_names: ['authorization'],
    secret_is_base64: false,
    anonymous: null,
    maximum_expiration: 0,
    realm: null,
  },
  'request-size-limiting': {},
  'rate-limiting': {
    second: null,
    minute: null,
    hour: null,
    day: null,
    month: null,
    year: null,
    header_name: null,
    path: null,
    hide_client_headers: false,
    error_code: 429,
    error_message: 'API rate limit exceeded',
  },
  prometheus: { ai_metrics: false },
  'request-termination': {
    message: null,
    content_type: null,
    body: null,
    echo: false,
    trigger: null,
  },
};

const REDIS_DEFAULTS = {
  host: null,
  port: 6379,
  timeout: 2000,
  username: null,
  password: null,
  database: 0,
  ssl: false,
  ssl_verify: false,
  server_name: null,
};

/** Where a plugin is declared, by ids. */
type Parent = { route?: string; service?: string };
type Times = { created_at: number; updated_at: number };

const reference = (id: string | undefined) => (id === undefined ? null : { id });

function showPlugin(plugin: Plugin, { route, service }: Parent, times: Times): Entity {
  const config: Record<string, unknown> = { ...PLUGIN_DEFAULTS[plugin.name], ...plugin.config };
  if (plugin.name === 'rate-limiting') {
    const redis = { ...REDIS_DEFAULTS, ...plugin.config.redis };
    // Kong shows it; whoever may look at the gateway need not be able to log in at Redis.
    config.redis = { ...redis, password: redis.password === null ? null : '[redacted]' };
  }
  return {
    id: pluginId(plugin.name, { route, service }),
    name: plugin.name,
    instance_name: null,
    ...times,
    route: reference(route),
    service: reference(service),
    consumer: null,
    config,
    protocols: ['grpc', 'grpcs', 'http', 'https'],
    enabled: true,
    tags: plugin.tags ?? null,
  };
}

function showService(service: Service, times: Times): Entity {
  const { name, url, retries, connect_timeout, write_timeout, read_timeout, tags } = service;
  return {
    id: entityId('services', name),
    name,
    ...times,
    retries,
    protocol: 'http',
    host: url.host,
    port: url.port,
    path: url.path === '/' ? null : url.path,
    connect_timeout,
    write_timeout,
    read_timeout,
    enabled: true,
    tags: tags ?? null,
    client_certificate: null,
    tls_verify: null,
    tls_verify_depth: null,
    ca_certificates: null,
  };
}

function showRoute(route: Route, service: Service, times: Times): Entity {
  const { plugins: _, ...own } = route;
  return {
    id: entityId('routes', route.name),
    ...times,
    protocols: ['http', 'https'],
    methods: null,
    hosts: null,
    headers: null,
    https_redirect_status_code: 426,
    path_handling: 'v0',
    preserve_host: false,
    snis: null,
    sources: null,
    destinations: null,
    ...own,
    tags: route.tags ?? null,
    service: reference(entityId('services', service.name)),
  };
}

/** Without their credentials. */
function showConsumer({ username, custom_id, tags }: Consumer, times: Times): Entity {
  const id = entityId('consumers', username);
  return { id, username, custom_id: custom_id ?? null, ...times, tags: tags ?? null };
}

const byId = (entities: Entity[]) => entities.sort((a, b) => (a.id < b.id ? -1 : 1));

/** All entities of a configuration by their ids, as Kong lists them without a database. */
export function showEntities(configuration: Configuration, loadedAt: number): Entities {
  const seconds = Math.floor(loadedAt / 1000);
  const times = { created_at: seconds, updated_at: seconds };
  const { services, plugins, consumers } = configuration;
  const routes = services.flatMap((service) =>
    service.routes.map((route) => ({ service, route, id: entityId('routes', route.name) })),
  );
  const shown = (own: readonly Plugin[], parent: Parent) =>
    own.map((plugin) => showPlugin(plugin, parent, times));
  return {
    services: byId(services.map((service) => showService(service, times))),
    routes: byId(routes.map(({ route, service }) => showRoute(route, service, times))),
    consumers: byId(consumers.map((consumer) => showConsumer(consumer, times))),
    plugins: byId([
      ...shown(plugins, {}),
      ...services.flatMap(({ plugins: own, name }) =>
        shown(own, { service: entityId('services', name) }),
      ),
      ...routes.flatMap(({ route, id }) => shown(route.plugins, { route: id })),
    ]),
  };
}
