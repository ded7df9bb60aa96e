/** What a request can be abused with (reliability.md 5.4), made of what a route takes. */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Route } from '@roundhouse/service/contract';

export interface Abuse {
  name: string;
  /** What differs from the request that the route would take. */
  path?: string;
  query?: string;
  method?: string;
  headers?: Record<string, string>;
  bytes?: string | Buffer;
  /** The statuses that it may be refused with. */
  statuses: number[];
  /** The field that the refusal is to name. */
  pointer?: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const TEN_MEGABYTES = Buffer.from(`{"name":"${'x'.repeat(10_000_000)}"}`);
const BOMB = gzipSync(TEN_MEGABYTES, { level: 9 });

/** The body with one more member, written as text, since some are no value of JavaScript. */
function withMember(body: unknown, member: string): string {
  const text = JSON.stringify(body ?? {});
  return text === '{}' ? `{${member}}` : `${text.slice(0, -1)},${member}}`;
}

/** Bodies that no route takes, whatever its shape is. */
function anyBody(body: unknown): Abuse[] {
  const json = (name: string, statuses: number[], bytes: string | Buffer): Abuse => ({
    name,
    headers: JSON_TYPE,
    bytes,
    statuses,
  });
  const member = (name: string, statuses: number[], text: string) =>
    json(name, statuses, withMember(body, text));
  return [
    json('10 MB', [413], TEN_MEGABYTES),
    {
      name: 'a bomb',
      headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
      bytes: BOMB,
      statuses: [413, 415],
    },
    json('broken JSON', [400], '{"name":'),
    json('no UTF-8', [400], Buffer.from('{"name":"\xff"}', 'latin1')),
    json('33 levels', [400], withMember(body, `"deep":${deep(33)}`)),
    json('10,000 levels', [400], deep(10_000)),
    json('an array', [422], '[]'),
    json('null', [422], 'null'),
    json('a text', [422], '"text"'),
    json('a number', [422], '7'),
    member('__proto__', [400], '"__proto__":{"roles":["owner"]}'),
    { ...member('constructor', [422], '"constructor":{"prototype":1}'), pointer: '/constructor' },
    member('a name twice', [400], '"zzz":1,"zzz":2'),
    member('a NUL', [400], '"zzz":"a\\u0000b"'),
    member('half of a surrogate pair', [400], '"zzz":"\\ud800"'),
    member('1e400', [400], '"zzz":1e400'),
    { ...member('an unknown field', [422], '"zzz":1'), pointer: '/zzz' },
    {
      ...member('a tenant id', [422], `"tenant_id":"${randomUUID()}"`),
      pointer: '/tenant_id',
    },
  ];
}

function wrongTypes(body: unknown): Abuse[] {
  const bytes = JSON.stringify(body ?? {});
  const types = ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'nonsense'];
  return [
    ...types.map((type) => ({
      name: type,
      headers: { 'content-type': type },
      bytes,
      statuses: [415],
    })),
    { name: 'a form', headers: FORM_TYPE, bytes: 'name=a', statuses: [415] },
    { name: 'no content type', headers: {}, bytes, statuses: [415] },
    {
      name: 'UTF-16',
      headers: { 'content-type': 'application/json; charset=utf-16' },
      bytes: Buffer.from(bytes, 'utf16le'),
      statuses: [415],
    },
  ];
}

interface Leaf {
  path: (string | number)[];
  value: unknown;
}

/** The values at the ends of a body; of an array the first element stands for all. */
function leaves(value: unknown, path: (string | number)[] = []): Leaf[] {
  if (Array.isArray(value)) return value.slice(0, 1).flatMap((one) => leaves(one, [...path, 0]));
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, [...path, key]));
}

/** A mark that a JSON text can be put in the place of. */
const MARK = '0f0f0f0f-mark';

function replaced(body: unknown, path: (string | number)[], text: string): string {
  const copy = structuredClone(body) as Record<string | number, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = MARK;
  return JSON.stringify(copy).replace(`"${MARK}"`, text);
}

/** What stands for a value of this type though it is none of it. */
const impostors = (value: unknown): [string, string, number[]][] => {
  const any: [string, string, number[]][] = [
    ['an array', '[]', [422]],
    ['an object', '{}', [422]],
    ['a nested NUL', '"a\\u0000b"', [400]],
    ['1e400', '1e400', [400]],
  ];
  if (typeof value === 'number') {
    return [...any, ['"0x10"', '"0x10"', [422]], ['1e21', '1e21', [422]], ['true', 'true', [422]]];
  }
  if (typeof value === 'string') {
    const long = `"${'x'.repeat(20_000)}"`;
    return [...any, ['a number', '7', [422]], ['20,000 characters', long, [422]]];
  }
  return any;
};

const fieldAbuses = (body: unknown): Abuse[] =>
  leaves(body)
    .filter(({ path }) => path.length > 0)
    .flatMap(({ path, value }) => {
      const pointer = path.map((part) => `/${part}`).join('');
      return impostors(value).map(([name, text, statuses]) => ({
        name: `${name} at ${pointer}`,
        headers: JSON_TYPE,
        bytes: replaced(body, path, text),
        statuses,
        pointer,
      }));
    });

const query = (name: string, text: string, statuses: number[], pointer?: string): Abuse => ({
  name: `?${name}`,
  query: text,
  statuses,
  ...(pointer === undefined ? {} : { pointer }),
});

const KEYS = Array.from({ length: 10_000 }, (_, index) => `k${index}=1`).join('&');

function queryAbuses({ query: shape, area, path }: Route): Abuse[] {
  const declared = Object.keys(shape?.shape ?? {});
  const sorted = shape?.shape.sort !== undefined;
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return [
    query('tenant_id', `tenant_id=${randomUUID()}`, [422], '/tenant_id'),
    query('unknown', 'zzz=1', [422], '/zzz'),
    query('constructor', 'constructor=1&__proto__[a]=1', [422]),
    query('10,000 keys', KEYS, [400, 414, 422, 431]),
    query('bad percent-encoding', 'zzz=%zz&%=%', [400, 422]),
    ...declared.flatMap((name) => [
      query(`${name} twice`, `${name}=1&${name}=2`, [422], `/${name}`),
      query(`${name} nested`, `${name}[gt]=1`, [422]),
      query(`${name} with a NUL`, `${name}=%00`, [422], `/${name}`),
    ]),
    ...(declared.includes('limit')
      ? ['0', '201', '-1', '1e1', '0x10', '1.5', 'abc', '', '%201'].map((value) =>
          query(`limit=${value}`, `limit=${value}`, [422], '/limit'),
        )
      : []),
    ...(declared.includes('cursor')
      ? ['x', 'null', '%F0%9F%98%80', forged(['-created_at', 'x', 'y']), `${area}${path}`].map(
          (value) => query(`cursor=${value}`, `cursor=${value}`, [422], '/cursor'),
        )
      : []),
    ...(sorted
      ? ['password', '-', 'id;drop', '', 'name,id'].map((value) =>
          query(`sort=${value}`, `sort=${value}`, [422], '/sort'),
        )
      : []),
  ];
}

const IF_MATCH = ['"01"', '"0"', 'W/"1"', '"1", "2"', '1', '"x"', ''];
const KEYS_REFUSED = ['', 'k'.repeat(300), 'a\tb', 'é'];

function headerAbuses(route: Route, keyed: boolean): Abuse[] {
  const of = (name: string, value: string): Abuse => ({
    name: `${name}: ${JSON.stringify(value.slice(0, 10))}`,
    headers: { [name]: value },
    statuses: [400],
  });
  return [
    ...(route.conditional ? IF_MATCH.map((value) => of('if-match', value)) : []),
    ...(keyed ? KEYS_REFUSED.map((value) => of('idempotency-key', value)) : []),
  ];
}

const IDS = [
  'x',
  '0',
  'null',
  '%00',
  '..%2F..',
  '%zz',
  '%27%20OR%201=1',
  '-'.repeat(36),
  'a'.repeat(2_000),
];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The path with something else in the place of one of its parameters. */
export function pathAbuses(path: string, params: Record<string, string>): Abuse[] {
  return Object.entries(params).flatMap(([name, value]) => {
    const changed = `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`;
    const others = UUID.test(value) ? [randomUUID()] : [changed, 'A'.repeat(70)];
    return [...IDS, ...others].map((other) => ({
      name: `${name}=${other.slice(0, 40)}`,
      path: path.replace(value, other),
      statuses: [400, 404],
    }));
  });
}

/** What no form of the route is (RFC 6749 3.2: no parameter twice). */
function formAbuses(body: unknown): Abuse[] {
  const form = String(new URLSearchParams(body as Record<string, string>));
  const sent = (name: string, bytes: string | Buffer, statuses: number[]): Abuse => ({
    name,
    headers: FORM_TYPE,
    bytes,
    statuses,
  });
  const packed = { ...FORM_TYPE, 'content-encoding': 'gzip' };
  return [
    sent('10 MB', TEN_MEGABYTES, [413]),
    { name: 'a bomb', headers: packed, bytes: BOMB, statuses: [400, 413, 415] },
    sent('nothing', '', [400]),
    sent('a parameter twice', `${form}&${form}`, [400]),
    sent('a NUL', `${form}&scope=%00`, [400]),
    sent('bad percent-encoding', `grant_type=%zz`, [400]),
    sent('no UTF-8', `grant_type=%ff%fe`, [400]),
    sent('nested', 'grant_type[a]=password', [400]),
    sent('20,000 characters', `grant_type=${'x'.repeat(20_000)}`, [400]),
    sent('10,000 keys', KEYS, [400, 413]),
    { name: 'JSON', headers: JSON_TYPE, bytes: JSON.stringify(body), statuses: [400, 415] },
    { name: 'no content type', headers: {}, bytes: form, statuses: [400, 415] },
  ];
}

const CSV_TYPE = { 'content-type': 'text/csv' };

/** What is no table of the route's. */
function tableAbuses(table: unknown): Abuse[] {
  const sent = (name: string, bytes: string | Buffer, statuses: number[]): Abuse => ({
    name,
    headers: CSV_TYPE,
    bytes,
    statuses,
  });
  const packed = { ...CSV_TYPE, 'content-encoding': 'gzip' };
  return [
    sent('10 MB', TEN_MEGABYTES, [413]),
    { name: 'a bomb', headers: packed, bytes: BOMB, statuses: [413, 415] },
    sent('nothing', '', [422]),
    sent('a head alone', 'name\n', [422]),
    sent('a NUL', `${table}\0`, [400]),
    sent('no UTF-8', Buffer.from([0xff, 0xfe]), [415]),
    sent('a quote that does not end', `${table}"`, [400]),
    sent('an unknown column', 'name,tenant_id\nA,B\n', [422]),
    sent('a column twice', 'name,name\nA,B\n', [422]),
    sent('a million empty lines', `name\n${'\n'.repeat(1_000_000)}`, [422]),
    sent('100,000 columns', `${'a,'.repeat(100_000)}a\n1\n`, [400, 422]),
    sent('a name of 100,000 characters', `name\n${'x'.repeat(100_000)}\n`, [422]),
    sent('__proto__', '__proto__,constructor\n1,2\n', [422]),
    { name: 'JSON', headers: JSON_TYPE, bytes: '{}', statuses: [415] },
    { name: 'no content type', headers: {}, bytes: String(table), statuses: [415] },
  ];
}

/** All that a route can be abused with; its path's parts come with the request. */
export function abusesOf(route: Route, body: unknown, keyed: boolean): Abuse[] {
  const takesJson = route.method !== 'get' && route.body_type === undefined;
  return [
    ...(route.body_type === 'csv' ? tableAbuses(body) : []),
    ...(route.body_type === 'form' ? formAbuses(body) : []),
    ...(takesJson ? [...anyBody(body), ...wrongTypes(body), ...fieldAbuses(body)] : []),
    ...queryAbuses(route),
    ...headerAbuses(route, keyed),
  ];
}
