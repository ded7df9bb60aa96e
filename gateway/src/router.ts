import type { Route, Service } from './configuration-schema.ts';
import { entityId } from './entity-id.ts';
import { compilePattern } from './path-pattern.ts';

export type Match<Target> = { target: Target; matched: string };

/** One line of the router: a route's paths of one kind and length, with its rank. */
type Entry<Target> = {
  target: Target;
  methods: ReadonlySet<string> | undefined;
  prefix: string;
  expression: RegExp | undefined;
  rank: readonly (number | string)[];
};

/** How many kinds a route asks about beats how closely it looks at one: Kong's order. */
function rank(route: Route, path: string): (number | string)[] {
  const regex = path.startsWith('~');
  return [
    route.methods === undefined ? 1 : 2,
    regex ? 1 : 0,
    regex ? route.regex_priority : 0,
    regex ? 0 : path.length,
    entityId('routes', route.name),
  ];
}

function compareRanks(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  if (at < 0) return 0;
  return (a[at] as number | string) > (b[at] as number | string) ? -1 : 1;
}

function entries<Target>(route: Route, target: Target): Entry<Target>[] {
  const methods = route.methods === undefined ? undefined : new Set(route.methods);
  return route.paths.map((path) => {
    const { expression, prefix } = path.startsWith('~')
      ? compilePattern(path.slice(1))
      : { expression: undefined, prefix: path };
    return { target, methods, prefix, expression, rank: rank(route, path) };
  });
}

function matchedText({ expression, prefix }: Entry<unknown>, path: string): string | undefined {
  if (!path.startsWith(prefix)) return undefined;
  return expression === undefined ? prefix : expression.exec(path)?.[0];
}

/**
 * Kong's `traditional_compatible` router for methods and paths. `targetOf` is asked once a route;
 * the function that comes back takes a method and a normalised path.
 */
export function createRouter<Target>(
  services: readonly Service[],
  targetOf: (service: Service, route: Route) => Target,
): (method: string, path: string) => Match<Target> | undefined {
  const ordered = services
    .flatMap((service) =>
      service.routes.flatMap((route) => entries(route, targetOf(service, route))),
    )
    .sort((a, b) => compareRanks(a.rank, b.rank));
  return (method, path) => {
    for (const entry of ordered) {
      if (entry.methods !== undefined && !entry.methods.has(method)) continue;
      const matched = matchedText(entry, path);
      if (matched !== undefined) return { target: entry.target, matched };
    }
    return undefined;
  };
}
