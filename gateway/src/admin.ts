import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import type { Collection, Entities, Entity } from './admin-entities.ts';
import { type Metrics, type Traffic, VERSION } from './metrics.ts';
import { SERVER } from './response-headers.ts';

/** What the API shows; asked anew for each request, since a reload changes it. */
export type Shown = {
  entities: () => Entities;
  /** 32 hexadecimal digits, other ones after each change of the file. */
  configurationHash: () => string;
  traffic: () => Traffic;
  metrics: Metrics;
  /** Kong's priorities of the plugins that may be configured, by name. */
  priorities: Readonly<Record<string, number>>;
};

type Reply = { status: number; body: unknown };
type Asked = { method: string; segments: string[]; query: URLSearchParams; path: string };

/** By which of its fields an entity is also found. */
const KEYS: Record<Collection, string> = {
  services: 'name',
  routes: 'name',
  consumers: 'username',
  plugins: 'instance_name',
};
/** What stands below an entity, and by which of its fields it names its parent. */
const NESTED: Record<Collection, Partial<Record<Collection, string>>> = {
  services: { routes: 'service', plugins: 'service' },
  routes: { plugins: 'route' },
  consumers: {},
  plugins: {},
};
const VERBS: Record<string, string> = { POST: 'create', PUT: 'create or update', PATCH: 'update' };
const PAGE = 100;
const LARGEST_PAGE = 1000;

const reply = (status: number, body: unknown): Reply => ({ status, body });
const message = (status: number, text: string) => reply(status, { message: text });
const notFound = () => message(404, 'Not found');
const notAllowed = () => message(405, 'Method not allowed');

const isCollection = (name: string): name is Collection => Object.hasOwn(KEYS, name);

function unsupported(verb: string, collection: Collection): Reply {
  return reply(405, {
    code: 12,
    name: 'operation unsupported',
    message: `cannot ${verb} '${collection}' entities when not using a database`,
  });
}

/** All of `a,b`, or one of `a/b`; undefined where nothing is asked. */
function tagFilter(text: string | null): ((entity: Entity) => boolean) | undefined {
  if (text === null) return undefined;
  const any = text.includes('/');
  const tags = text.split(any ? '/' : ',');
  return ({ tags: own }) => {
    const has = (tag: string) => own?.includes(tag) === true;
    return any ? tags.some(has) : tags.every(has);
  };
}

function pageSize(text: string | null): number | string {
  if (text === null) return PAGE;
  const size = Number(text);
  if (text.trim() === '' || Number.isNaN(size)) return 'size must be a number';
  const whole = Number.isInteger(size) && size >= 1 && size <= LARGEST_PAGE;
  return whole ? size : `size must be an integer between 1 and ${LARGEST_PAGE}`;
}

/** The id after which a page begins; undefined for text that no page gave out. */
function readOffset(text: string): string | undefined {
  const id = Buffer.from(text, 'base64url').toString('latin1');
  return Buffer.from(id, 'latin1').toString('base64url') === text ? id : undefined;
}

function list(entities: readonly Entity[], { query, path }: Asked): Reply {
  const size = pageSize(query.get('size'));
  if (typeof size === 'string') {
    return reply(400, { code: 9, name: 'invalid size', message: size });
  }
  const offset = query.get('offset');
  const after = offset === null ? '' : readOffset(offset);
  if (after === undefined) {
    const text = `'${offset}' is not a valid offset: bad base64 encoding`;
    return reply(400, { code: 7, name: 'invalid offset', message: text });
  }
  const rest = entities.filter(({ id }) => id > after);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  // As in Kong a page is cut first and filtered then: it may hold less than its size.
  const data = page.filter(tagFilter(query.get('tags')) ?? (() => true));
  if (last === undefined || rest.length <= size) return reply(200, { data, next: null });
  const next = new URLSearchParams({ offset: Buffer.from(last.id).toString('base64url') });
  for (const name of ['tags', 'size']) {
    const asked = query.get(name);
    if (asked !== null) next.set(name, asked);
  }
  return reply(200, { data, next: `${path}?${next}`, offset: next.get('offset') });
}

function find(entities: readonly Entity[], collection: Collection, text: string) {
  return entities.find((entity) => entity.id === text || entity[KEYS[collection]] === text);
}

/** `/services/x` and what stands below it. */
function answerEntity(all: Entities, collection: Collection, asked: Asked): Reply {
  const { method, segments } = asked;
  const [, name = '', below, deeper] = segments;
  const entity = find(all[collection], collection, name);
  if (below === undefined) {
    if (method === 'GET') return entity === undefined ? notFound() : reply(200, entity);
    if (method === 'DELETE') {
      return entity === undefined ? reply(204, undefined) : unsupported('remove', collection);
    }
    const verb = method === 'POST' ? undefined : VERBS[method];
    return verb === undefined ? notAllowed() : unsupported(verb, collection);
  }
  const field = isCollection(below) ? NESTED[collection][below] : undefined;
  if (!isCollection(below) || field === undefined || deeper !== undefined) return notFound();
  if (method === 'POST') return unsupported('create', below);
  if (method !== 'GET') return notAllowed();
  if (entity === undefined) return notFound();
  const isChild = (child: Entity) => (child[field] as { id: string } | null)?.id === entity.id;
  return list(all[below].filter(isChild), {
    ...asked,
    path: `/${collection}/${entity.id}/${below}`,
  });
}

function root({ metrics, priorities, entities }: Shown): Reply {
  const available = Object.entries(priorities).map(
    ([name, priority]) => [name, { version: VERSION, priority }] as const,
  );
  return reply(200, {
    tagline: 'Welcome to kong',
    version: VERSION,
    edition: 'community',
    hostname: hostname(),
    node_id: metrics.node_id,
    plugins: {
      available_on_server: Object.fromEntries(available),
      enabled_in_cluster: [...new Set(entities().plugins.map(({ name }) => name))],
    },
    configuration: { database: 'off', router_flavor: 'traditional_compatible' },
    pids: { master: process.pid, workers: [process.pid] },
  });
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

function status({ traffic, configurationHash }: Shown): Reply {
  const { accepted, active, writing, waiting, requests } = traffic();
  const http_allocated_gc = mebibytes(process.memoryUsage().heapUsed);
  return reply(200, {
    memory: {
      workers_lua_vms: [{ http_allocated_gc, pid: process.pid }],
      lua_shared_dicts: {},
    },
    server: {
      connections_accepted: accepted,
      connections_active: active,
      connections_handled: accepted,
      connections_reading: 0,
      connections_writing: writing,
      connections_waiting: waiting,
      total_requests: requests,
    },
    configuration_hash: configurationHash(),
  });
}

function answer(shown: Shown, asked: Asked): Reply {
  const { method, segments } = asked;
  const [first, second] = segments;
  if (first !== undefined && isCollection(first)) {
    if (second !== undefined) return answerEntity(shown.entities(), first, asked);
    if (method === 'GET') return list(shown.entities()[first], { ...asked, path: `/${first}` });
    return method === 'POST' ? unsupported('create', first) : notAllowed();
  }
  const page = first === undefined ? root : first === 'status' ? status : undefined;
  if (page === undefined || second !== undefined) return notFound();
  return method === 'GET' ? page(shown) : notAllowed();
}

/** Decoded; undefined for a path that can't be. A slash at the end changes nothing. */
function readPath(path: string): string[] | undefined {
  try {
    return path
      .replace(/^\/|\/$/g, '')
      .split('/')
      .filter(Boolean)
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.setHeader('Server', SERVER);
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const text = JSON.stringify(body);
  const type = 'application/json; charset=utf-8';
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

async function handle(shown: Shown, request: IncomingMessage, response: ServerResponse) {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const segments = readPath(path);
  // HEAD is a GET whose body Node leaves out.
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  if (segments === undefined) send(response, message(400, 'Bad request'));
  else if (segments.join('/') === 'metrics' && method === 'GET') {
    const text = shown.metrics.page();
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=UTF-8', Server: SERVER });
    response.end(text);
  } else
    send(response, answer(shown, { method, segments, path, query: new URLSearchParams(query) }));
}

/**
 * Kong's Admin API as it is without a database: what is configured can be read, and nothing
 * changed. It asks for no log-in, so it must be bound to loopback.
 */
export function createAdmin(shown: Shown): Server {
  return createServer((request, response) => {
    handle(shown, request, response).catch(() => {
      if (!response.headersSent) send(response, message(500, 'An unexpected error occurred'));
    });
  });
}
