import { createPublicKey, type KeyObject } from 'node:crypto';
import { parse } from 'yaml';
import type { z } from 'zod';
import { Configuration, type Route } from './configuration-schema.ts';
import type { Plugin } from './plugin-schemas.ts';

/** Everything that is wrong with a kong.yml, one problem a line, each with its path. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`kong.yml is refused:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown>)[key],
    document,
  );
}

function describe(issue: z.core.$ZodIssue, document: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${pathText([...issue.path, key])} is not supported`);
  }
  const path = pathText(issue.path) || 'the file';
  if (issue.code === 'invalid_union') {
    return [`${path}: ${JSON.stringify(valueAt(document, issue.path))} is not supported`];
  }
  return [`${path}: ${issue.message}`];
}

/** Kong expands nothing in a kong.yml: what looks like a variable would be taken literally. */
function unexpanded(value: unknown, path: PropertyKey[] = []): string[] {
  if (typeof value === 'string') {
    const reference = /\$\{|\{vault:\/\//.exec(value)?.[0];
    return reference ? [`${pathText(path)}: ${reference}…} is never expanded`] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    unexpanded(child, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function duplicates(entries: { path: string; value: string }[]): string[] {
  const seen = new Map<string, string>();
  return entries.flatMap(({ path, value }) => {
    const first = seen.get(value);
    if (first === undefined) seen.set(value, path);
    return first === undefined ? [] : [`${path}: already declared by ${first}`];
  });
}

/** One entry for each request form that a route claims: two routes may not claim the same. */
function claims(route: Route, path: string): { path: string; value: string }[] {
  const methods = route.methods ?? ['*'];
  return route.paths.flatMap((value, i) =>
    methods.map((method) => ({ path: `${path}.paths[${i}]`, value: `${method} ${value}` })),
  );
}

function pluginNames(plugins: Plugin[], path: string): { path: string; value: string }[] {
  return plugins.map(({ name }, i) => ({ path: `${path}plugins[${i}]`, value: `${path}${name}` }));
}

/** The key of an RS256 credential, or why it can't be one. */
export function readPublicKey(pem: string): KeyObject | string {
  // Node, like Kong, derives the public half of a private key without a word.
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) return 'must be a PEM public key';
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'rsa' ? key : 'must be an RSA key';
  } catch {
    return 'is not a readable key';
  }
}

function findConflicts({ services, consumers, plugins }: Configuration): string[] {
  const routes = services.flatMap((service, s) =>
    service.routes.map((route, r) => ({ route, path: `services[${s}].routes[${r}]` })),
  );
  const secrets = consumers.flatMap((consumer, c) =>
    consumer.jwt_secrets.map((secret, j) => ({
      ...secret,
      path: `consumers[${c}].jwt_secrets[${j}]`,
    })),
  );
  return [
    ...duplicates(services.map(({ name }, i) => ({ path: `services[${i}].name`, value: name }))),
    ...duplicates(routes.map(({ route, path }) => ({ path: `${path}.name`, value: route.name }))),
    ...duplicates(routes.flatMap(({ route, path }) => claims(route, path))),
    ...duplicates(
      consumers.map(({ username }, i) => ({ path: `consumers[${i}].username`, value: username })),
    ),
    ...duplicates(secrets.map(({ key, path }) => ({ path: `${path}.key`, value: key }))),
    ...duplicates([
      ...pluginNames(plugins, ''),
      ...services.flatMap((service, i) => pluginNames(service.plugins, `services[${i}].`)),
      ...routes.flatMap(({ route, path }) => pluginNames(route.plugins, `${path}.`)),
    ]),
    ...secrets.flatMap(({ rsa_public_key, path }) => {
      const key = readPublicKey(rsa_public_key);
      return typeof key === 'string' ? [`${path}.rsa_public_key: ${key}`] : [];
    }),
  ];
}

function parseYaml(text: string): unknown {
  try {
    // Kong reads YAML 1.1: an unquoted `on` is a boolean and `0123` is octal.
    return parse(text, { version: '1.1' });
  } catch (error) {
    // Its message ends with an excerpt of the file, and a log is no place for that.
    const [message] = (error as Error).message.split(':\n');
    throw new ConfigurationError([message as string]);
  }
}

/** Reads a kong.yml; throws a `ConfigurationError` that names everything it would not keep. */
export function readConfiguration(text: string): Configuration {
  const document = parseYaml(text);
  const result = Configuration.safeParse(document);
  const problems = [
    ...unexpanded(document),
    ...(result.success
      ? findConflicts(result.data)
      : result.error.issues.flatMap((issue) => describe(issue, document))),
  ];
  if (problems.length > 0 || !result.success) throw new ConfigurationError(problems);
  return result.data;
}
