import type { z } from 'zod';
import type { Contract, Route } from './contract.ts';
import type { Json } from './openapi-schemas.ts';

const PARAM = /:(\w+)/g;
const paramsIn = (path: string) => [...path.matchAll(PARAM)].map(([, name = '']) => name);
/** The collection that a path ends with: `quotes` of `/charters/:id/quotes`. */
const nounAt = (path: string) => path.split('/').at(-1) ?? '';

const fields = (shape: z.ZodType | undefined): Record<string, z.ZodType> =>
  (shape as Partial<z.ZodObject> | undefined)?.shape ?? {};

/** Where an answer has the id of a row of its collection: a runtime expression of OpenAPI. */
function idIn({ response }: Route): string | undefined {
  const own = fields(response);
  if ('id' in own) return '$response.body#/id';
  const data = own.data as Partial<z.ZodArray> | undefined;
  const row = fields(data?.element as z.ZodType | undefined);
  return 'id' in row ? '$response.body#/data/0/id' : undefined;
}

/**
 * What the target's path needs, of what the source knows: the new row's id stands behind the noun
 * of the source's collection, all before it in the source's own path.
 */
function parametersFor(source: Route, target: Route, id: string): Json | undefined {
  const noun = nounAt(source.path);
  // A link's token is no id, though it stands in the same place.
  const behind = new RegExp(`(?:^|/)${noun}/:((?:\\w+_)?id)(?:/|$)`).exec(target.path)?.[1];
  if (behind === undefined) return undefined;
  const known = new Set(paramsIn(source.path));
  const nested = target.path.startsWith(`${source.path}/:`);
  const parameters: Json = { [`path.${behind}`]: id };
  for (const name of paramsIn(target.path).filter((name) => name !== behind)) {
    if (!nested || !known.has(name)) return undefined;
    parameters[`path.${name}`] = `$request.path.${name}`;
  }
  return parameters;
}

/** A change may name the version that the source has just answered with. */
const seen = (source: Route, target: Route): Json =>
  target.conditional && 'version' in fields(source.response)
    ? { 'header.If-Match': '$response.header.ETag' }
    : {};

/** From whatever makes or lists rows to what reads, changes and deletes them; by name. */
export function linksOf(name: string, { routes }: Contract): Json {
  const source = routes[name] as Route;
  const id = idIn(source);
  const links: Json = {};
  const listed = fields(source.response);
  if (source.query !== undefined && 'next_cursor' in listed) {
    const parameters = { 'query.cursor': '$response.body#/next_cursor' };
    links.nextPage = { operationId: name, parameters };
  }
  if (id === undefined || !['get', 'post'].includes(source.method)) return links;
  for (const [operationId, target] of Object.entries(routes)) {
    const parameters = parametersFor(source, target, id);
    if (parameters === undefined) continue;
    links[operationId] = { operationId, parameters: { ...parameters, ...seen(source, target) } };
  }
  return links;
}
