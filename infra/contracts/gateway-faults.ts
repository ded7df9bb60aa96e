import type { Contract, Route } from '@roundhouse/service/contract';
import { publicPath } from '@roundhouse/service/openapi';
import { parse } from 'yaml';

interface Plugin {
  name: string;
  enabled?: boolean;
}

interface KongRoute {
  name?: string;
  paths?: string[];
  regex_priority?: number;
  strip_path?: boolean;
  plugins?: Plugin[];
}

interface KongService {
  name?: string;
  url: string;
  routes?: KongRoute[];
  plugins?: Plugin[];
}

interface KongFile {
  services?: KongService[];
  consumers?: { username?: string }[];
  plugins?: Plugin[];
}

/** One path of one route, and where it leads. */
interface Way {
  name: string;
  path: string;
  pattern: RegExp;
  priority: number;
  url: URL;
  /** Whether a token is asked for before anything reaches the service. */
  guarded: boolean;
}

const asksForToken = (plugins: Plugin[] = []): boolean =>
  plugins.some(({ name, enabled = true }) => name === 'jwt' && enabled);

function waysOf(file: KongFile): Way[] {
  return (file.services ?? []).flatMap((service) =>
    (service.routes ?? []).flatMap((route) =>
      (route.paths ?? []).map((path) => ({
        name: route.name ?? 'a route without a name',
        path,
        // Kong anchors at the start, and takes a path without `~` as a plain prefix.
        pattern: path.startsWith('~') ? new RegExp(`^${path.slice(1)}`) : /(?!)/,
        priority: route.regex_priority ?? 0,
        url: new URL(service.url),
        guarded: [file.plugins, service.plugins, route.plugins].some(asksForToken),
      })),
    ),
  );
}

/** What holds for every entity, whoever uses it. */
function entityFaults(file: KongFile): string[] {
  const services = file.services ?? [];
  const routes = services.flatMap(({ routes = [] }) => routes);
  const named = [...services, ...routes].every(({ name }) => name !== undefined);
  return [
    ...(named ? [] : ['a service or a route has no name']),
    ...(file.consumers ?? [])
      .filter(({ username }) => username === undefined)
      .map(() => 'a consumer has no name'),
    ...routes
      .filter(({ strip_path }) => strip_path !== true)
      .map(({ name }) => `${name}: does not say strip_path: true`),
    ...routes
      .flatMap(({ name, paths = [] }) => paths.map((path) => ({ name, path })))
      .filter(({ path }) => !path.startsWith('~'))
      .map(({ name, path }) => `${name}: ${path} is a plain prefix, without a segment boundary`),
  ];
}

/** The ways that a path may take: more than one, where equal priorities leave the choice open. */
function winners(ways: Way[], path: string): Way[] {
  const fitting = ways.filter(({ pattern }) => pattern.test(path));
  const highest = Math.max(...fitting.map(({ priority }) => priority));
  return fitting.filter(({ priority }) => priority === highest);
}

/** What the service sees: the match is stripped, and the rest joined to the path of `url`. */
function seenPath({ pattern, url }: Way, path: string): string {
  const rest = path.replace(pattern, '').replace(/^\//, '');
  const base = url.pathname.replace(/\/$/, '');
  return rest === '' ? base || '/' : `${base}/${rest}`;
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

function askedFaults(asked: Asked, [way, ...others]: Way[]): string[] {
  if (way === undefined) return [`${asked.path} is reached by no route`];
  if (others.length > 0) {
    const names = [way, ...others].map(({ name }) => name);
    return [`${asked.path} may take ${names.join(' or ')}`];
  }
  const faults: string[] = [];
  const seen = seenPath(way, asked.path);
  if (way.url.hostname !== asked.service) faults.push(`${asked.path} leads to ${way.url.hostname}`);
  if (seen !== asked.at) faults.push(`${asked.path} arrives as ${seen}, not as ${asked.at}`);
  if (way.guarded && asked.public) faults.push(`is public, and ${way.name} asks for a token`);
  if (!way.guarded && !asked.public) faults.push(`is protected, and ${way.name} asks for no token`);
  return faults;
}

/** Each way into the house is declared twice, in a contract and in kong.yml: here they are one. */
export function gatewayFaults(contracts: Contract[], kong: string): string[] {
  // Merge keys (`<<`) are of YAML 1.1, which is what Kong reads.
  const file: KongFile = parse(kong, { version: '1.1' });
  const ways = waysOf(file);
  const all = contracts.flatMap((contract) => [
    healthOf(contract),
    ...BESIDE_CONTRACTS.filter(({ service }) => service === contract.service),
    ...Object.entries(contract.routes).map(([name, route]) => askedOf(contract, name, route)),
  ]);
  const used = new Set<Way>();
  const ofRoutes = all.flatMap((asked) => {
    const found = winners(ways, asked.path);
    for (const way of found) used.add(way);
    const faults = askedFaults(asked, found);
    return faults.map((fault) => `${asked.service}: ${asked.what} ${fault}`);
  });
  const idle = ways
    .filter((way) => !used.has(way))
    .map(({ name, path }) => `${name}: ${path} leads to no route of a contract`);
  return [...entityFaults(file), ...ofRoutes, ...idle].map((fault) => `kong.yml: ${fault}`);
}
