/** The house's rules for compose files, held by `compose.test.ts`. */
import { parse } from 'yaml';

interface Part {
  image?: string;
  command?: string | string[];
  restart?: string;
  user?: string;
  ports?: string[];
  privileged?: boolean;
  network_mode?: string;
  read_only?: boolean;
  cap_add?: string[];
  cap_drop?: string[];
  security_opt?: string[];
  logging?: { options?: Record<string, string> };
  healthcheck?: { test?: string[] };
  environment?: Record<string, string>;
  secrets?: (string | { source: string; target: string })[];
  volumes?: (string | { source: string })[];
  depends_on?: Record<string, { condition: string }>;
  deploy?: { resources?: { limits?: { memory?: string; pids?: number } } };
}

interface Compose {
  services: Record<string, Part>;
  secrets?: Record<string, { file: string }>;
}

export interface House {
  /** The folders of services. */
  services: string[];
  /** What a service's code reads of its environment. */
  readBy: (service: string) => Set<string>;
  /** What `scripts/compose-secrets` makes. */
  secrets: string[];
}

export const readCompose = (text: string): Compose => parse(text, { merge: true });

/** Written down somewhere, or built here and never pulled. */
const PINNED = /^(roundhouse:\$\{BUILD_REVISION:-local\}|[a-z]+:\d+(\.\d+)*)$/;
/** Names that hold what nobody else may know. */
const HIDDEN = /(SECRET|PASSWORD|_KEY$|DATABASE_URL|DATABASE_WORKER_URL|RABBITMQ_URL|REDIS_URL)/;

function hardeningFaults(part: Part): string[] {
  const { memory, pids } = part.deploy?.resources?.limits ?? {};
  const rules: [string, boolean][] = [
    ['can write its root file system', part.read_only !== true],
    ['keeps capabilities', part.cap_drop?.join() !== 'ALL' || part.cap_add !== undefined],
    ['may gain privileges', !part.security_opt?.includes('no-new-privileges:true')],
    ['is privileged', part.privileged === true || part.network_mode !== undefined],
    ['has no limit of memory', memory === undefined],
    ['has no limit of processes', pids === undefined],
    ['logs without end', part.logging?.options?.['max-size'] === undefined],
    ['is root', part.user === 'root' || part.user?.startsWith('0') === true],
    ['names no version of its image', !PINNED.test(part.image ?? '')],
    ['mounts a folder of the host', (part.volumes ?? []).some(isFromHost)],
  ];
  return rules.filter(([, broken]) => broken).map(([fault]) => fault);
}

function isFromHost(volume: string | { source: string }): boolean {
  const source = typeof volume === 'string' ? (volume.split(':')[0] ?? '') : volume.source;
  return /[./]/.test(source);
}

/** One that stays says when it can work; one that ends is not started again. */
function lifeFaults(part: Part): string[] {
  const stays = part.restart === 'unless-stopped';
  if (!stays && part.restart !== 'no') return ['does not say whether it stays'];
  return stays && part.healthcheck?.test === undefined ? ['has no health check'] : [];
}

const SECRET_FILE = /^\/run\/secrets\/(.+)$/;

function secretFaults(part: Part): string[] {
  const environment = Object.entries(part.environment ?? {});
  const words = [part.command ?? [], environment.map(([, value]) => value)].flat(2);
  const named = words.map((word) => SECRET_FILE.exec(String(word))?.[1]).filter((name) => name);
  const mounted = (part.secrets ?? []).map((one) => (typeof one === 'string' ? one : one.source));
  const placed = (part.secrets ?? []).map((one) => typeof one !== 'string' && one.source);
  const open = environment.filter(([name]) => HIDDEN.test(name) && !/_FILE$/.test(name));
  return [
    ...open.map(([name]) => `has ${name} in its environment`),
    ...named.filter((name) => !mounted.includes(name ?? '')).map((name) => `is not given ${name}`),
    ...mounted
      .filter((name) => !named.includes(name) && !placed.includes(name))
      .map((name) => `is given ${name} and does not need it`),
  ];
}

/** Of a service: that it runs, is waited for by the gateway, and is told nothing unknown to it. */
function serviceFaults(name: string, { services }: Compose, house: House): string[] {
  const part = services[name];
  if (part === undefined) return ['is not there'];
  const faults: string[] = [];
  if (!String(part.command).includes(`services/${name}/src/main.ts`)) faults.push('runs another');
  const waited = services.kong?.depends_on?.[name]?.condition === 'service_healthy';
  if (!waited) faults.push('is not waited for by the gateway');
  const known = house.readBy(name);
  const told = Object.keys(part.environment ?? {}).map((key) => key.replace(/_FILE$/, ''));
  const unknown = told.filter((key) => !known.has(key));
  return [...faults, ...unknown.map((key) => `is told ${key}, which it does not read`)];
}

/** What is wrong with the file, each as `part: fault`. */
export function composeFaults(compose: Compose, house: House): string[] {
  const ofParts = Object.entries(compose.services).flatMap(([name, part]) =>
    [
      ...hardeningFaults(part),
      ...lifeFaults(part),
      ...secretFaults(part),
      ...(part.ports !== undefined && name !== 'kong' ? ['publishes a port'] : []),
    ].map((fault) => `${name}: ${fault}`),
  );
  const ofServices = house.services.flatMap((name) =>
    serviceFaults(name, compose, house).map((fault) => `${name}: ${fault}`),
  );
  const declared = Object.keys(compose.secrets ?? {});
  const used = new Set(
    Object.values(compose.services).flatMap(({ secrets = [] }) =>
      secrets.map((one) => (typeof one === 'string' ? one : one.source)),
    ),
  );
  return [
    ...ofParts,
    ...ofServices,
    ...[...used].filter((name) => !declared.includes(name)).map((name) => `${name}: not declared`),
    ...declared.filter((name) => !used.has(name)).map((name) => `${name}: nobody needs it`),
    ...declared
      .filter((name) => !house.secrets.includes(name))
      .map((name) => `${name}: nobody makes it`),
  ];
}
