import type { Contract, Route } from '@roundhouse/service/contract';
import { publicPath } from '@roundhouse/service/openapi';
import { isAlias, isMap, isScalar, parseDocument, visit } from 'yaml';
import { ConfigurationError, readConfiguration } from '../../gateway/src/configuration.ts';
import type {
  Configuration,
  Service,
  Route as WayIn,
} from '../../gateway/src/configuration-schema.ts';
import { normalizePath, upstreamPath } from '../../gateway/src/path.ts';
import { compilePattern } from '../../gateway/src/path-pattern.ts';
import { createRouter } from '../../gateway/src/router.ts';

/** One path of one route, and where it leads. */
interface Way {
  name: string;
  path: string;
  pattern: RegExp;
  priority: number;
  service: Service;
  /** Whether a token is asked for before anything reaches the service. */
  guarded: boolean;
}

const asksForToken = ({ plugins }: { plugins: { name: string }[] }): boolean =>
  plugins.some(({ name }) => name === 'jwt');

function waysOf(file: Configuration): Way[] {
  const wayOf = (service: Service, route: WayIn, path: string): Way => ({
    name: route.name,
    path,
    pattern: (path.startsWith('~') && compilePattern(path.slice(1)).expression) || /(?!)/,
    priority: route.regex_priority,
    service,
    guarded: [file, service, route].some(asksForToken),
  });
  return file.services.flatMap((service) =>
    service.routes.flatMap((route) => route.paths.map((path) => wayOf(service, route, path))),
  );
}

/** What holds for every entity, whoever uses it. */
function entityFaults({ services }: Configuration): string[] {
  const routes = services.flatMap(({ routes: own }) => own);
  return [
    ...routes
      .filter(({ strip_path }) => !strip_path)
      .map(({ name }) => `${name}: strip_path must be true`),
    ...routes
      .flatMap(({ name, paths }) => paths.map((path) => ({ name, path })))
      .filter(({ path }) => !path.startsWith('~'))
      .map(({ name, path }) => `${name}: ${path} is a plain prefix, without a segment boundary`),
    ...services
      .filter(({ plugins }) => !plugins.some(({ name }) => name === 'rate-limiting'))
      .map(({ name }) => `${name}: has no limit`),
  ];
}

/** Of a plugin that is an alias Kong notes a single owner, the last (Kong/kong#7620). */
function aliasFaults(kong: string): string[] {
  const faults: string[] = [];
  visit(parseDocument(kong, { version: '1.1' }), {
    Pair(_, pair) {
      if (!isScalar(pair.key) || pair.key.value !== 'plugins') return undefined;
      const shared = (node: unknown): boolean => {
        if (isAlias(node)) return true;
        const inside = isMap(node) ? node.items.map(({ value }) => value) : itemsOf(node);
        return inside.some(shared);
      };
      if (shared(pair.value)) faults.push('plugins are shared by an alias: write them out');
      return undefined;
    },
  });
  return faults;
}

function itemsOf(node: unknown): unknown[] {
  return typeof node === 'object' && node !== null && 'items' in node
    ? (node.items as unknown[])
    : [];
}

/** The ways that a path may take: more than one, where equal priorities leave the choice open. */
function winners(ways: Way[], path: string): Way[] {
  const fitting = ways.filter(({ pattern }) => pattern.test(path));
  const highest = Math.max(...fitting.map(({ priority }) => priority));
  return fitting.filter(({ priority }) => priority === highest);
}

const SAMPLE = '019a6f5e-0000-7000-8000-000000000000';

interface Asked {
  service: string;
  what: string;
  path: string;
  /** As the service's own router has it. */
  at: string;
  public: boolean;
}

const askedOf = (contract: Contract, name: string, route: Route): Asked => ({
  service: contract.service,
  what: name,
  path: publicPath(contract, route).replace(/\{\w+\}/g, SAMPLE),
  at: route.path.replace(/:\w+/g, SAMPLE),
  public: route.public === true,
});

const healthOf = ({ service }: Contract): Asked => ({
  service,
  what: 'health',
  path: `/api/v1/${service}/health`,
  at: '/health',
  public: true,
});

/** Ways in that no contract declares, since they take what is not JSON of ours. */
const BESIDE_CONTRACTS: Asked[] = [
  {
    service: 'payments',
    what: 'the webhook, signed by Stripe over the bytes as they came,',
    path: '/api/v1/payments/webhooks/stripe',
    at: '/webhooks/stripe',
    public: true,
  },
];

/** How the gateway's own router takes a request; undefined where it answers 404. */
type Router = (path: string) => { way: string; seen: (service: Service) => string } | undefined;

function routerOf({ services }: Configuration): Router {
  const route = createRouter(services, (_, { name }) => name);
  return (path) => {
    const normal = normalizePath(path);
    // No route names methods, so any will do.
    const match = normal === undefined ? undefined : route('GET', normal);
    if (normal === undefined || match === undefined) return undefined;
    const seen = (service: Service) => upstreamPath(service.url.path, normal, match.matched);
    return { way: match.target, seen };
  };
}

function askedFaults(asked: Asked, found: Way[], router: Router): string[] {
  const [way, ...others] = found;
  const taken = router(asked.path);
  if (way === undefined || taken === undefined) return [`${asked.path} is reached by no route`];
  if (others.length > 0) {
    return [`${asked.path} may take ${found.map(({ name }) => name).join(' or ')}`];
  }
  if (taken.way !== way.name) return [`${asked.path} is taken by ${taken.way}, not ${way.name}`];
  const faults: string[] = [];
  const { host } = way.service.url;
  const seen = taken.seen(way.service);
  if (host !== asked.service) faults.push(`${asked.path} leads to ${host}`);
  if (seen !== asked.at) faults.push(`${asked.path} arrives as ${seen}, not as ${asked.at}`);
  if (way.guarded && asked.public) faults.push(`is public, and ${way.name} asks for a token`);
  if (!way.guarded && !asked.public) faults.push(`is protected, and ${way.name} asks for no token`);
  return faults;
}

function routeFaults(contracts: Contract[], file: Configuration): string[] {
  const ways = waysOf(file);
  const router = routerOf(file);
  const all = contracts.flatMap((contract) => [
    healthOf(contract),
    ...BESIDE_CONTRACTS.filter(({ service }) => service === contract.service),
    ...Object.entries(contract.routes).map(([name, route]) => askedOf(contract, name, route)),
  ]);
  const used = new Set<Way>();
  const ofRoutes = all.flatMap((asked) => {
    const found = winners(ways, asked.path);
    for (const way of found) used.add(way);
    const faults = askedFaults(asked, found, router);
    return faults.map((fault) => `${asked.service}: ${asked.what} ${fault}`);
  });
  const idle = ways
    .filter((way) => !used.has(way))
    .map(({ name, path }) => `${name}: ${path} leads to no route of a contract`);
  return [...ofRoutes, ...idle];
}

/**
 * Each way into the house is declared twice, in a contract and in kong.yml: here they are one. The
 * file is read and its routes are taken by the gateway's own code, which refuses every key that it
 * would not keep, a missing name, and two plugins alike on one entity.
 */
export function gatewayFaults(contracts: Contract[], kong: string): string[] {
  const faults: string[] = aliasFaults(kong);
  try {
    const file = readConfiguration(kong);
    faults.push(...entityFaults(file), ...routeFaults(contracts, file));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    faults.push(...error.problems);
  }
  return faults.map((fault) => `kong.yml: ${fault}`);
}
