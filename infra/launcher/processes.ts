import { join } from 'node:path';
import { roleUrl } from '../database/roles.ts';
import { repository, type ServiceFolder } from '../database/services.ts';
import { keyFolder } from './keys.ts';
import type { LauncherOptions } from './options.ts';
import type { State } from './state.ts';
import type { ProcessSpec } from './supervisor.ts';

export const DATABASE = 'roundhouse';

export interface Plan {
  data: string;
  state: State;
  /** Postgres' address with the superuser's name and password. */
  server: string;
  services: ServiceFolder[];
  /** Processes of each service. */
  instances: number;
  via: LauncherOptions['via'];
  preloads: LauncherOptions['preloads'];
  /** How long a stopping service waits for who holds idle connections; its own where undefined. */
  drain_ms: string | undefined;
  /** Which build this is, as the metrics tell. */
  revision: string;
  /** A port for each process, by name. */
  ports: Map<string, number>;
  gateway_port: number;
  kong_file: string;
}

/** What the processes of a service are called: `auth`, or `auth-1`, `auth-2` … */
const instanceNames = (service: string, instances: number): string[] =>
  instances === 1
    ? [service]
    : Array.from({ length: instances }, (_, index) => `${service}-${index + 1}`);

const logFile = (data: string, process: string): string => join(data, 'logs', `${process}.log`);

const local = (port: number | undefined) => `http://127.0.0.1:${port}`;

/** How loud processes log, and where their traces go, is for whoever starts the launcher to say. */
const observed = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && /^(OTEL_.+|LOG_LEVEL)$/.test(name) ? [[name, value]] : [],
    ),
  );

/** What all processes are told. */
const common = ({ data }: Plan): Record<string, string> => ({
  ...observed(),
  PATH: process.env.PATH ?? '',
  ROUNDHOUSE_MODE: 'embedded',
  NODE_COMPILE_CACHE: join(data, 'compile-cache'),
  // glibc keeps what was freed for each thread apart: after some log-ins auth had 120 MB for good.
  MALLOC_ARENA_MAX: '1',
});

const drainOf = ({ drain_ms }: Plan): Record<string, string> =>
  drain_ms === undefined ? {} : { DRAIN_MS: drain_ms };

/** What carries the events: the RabbitMQ that the launcher was told of, else the same Postgres. */
function carrier(transport_url: string): Record<string, string> {
  const { RABBITMQ_URL } = process.env;
  return RABBITMQ_URL === undefined ? { TRANSPORT_DATABASE_URL: transport_url } : { RABBITMQ_URL };
}

/** What one service alone is told: each secret goes to whoever needs it and to nobody else. */
function ownEnvironment(name: string, { data, state, ports, gateway_port, via }: Plan) {
  const { quote_link_key, payment_link_key, stripe_secret_key, stripe_webhook_secret } = state;
  const stripe = {
    STRIPE_API_BASE: local(via.stripe ?? ports.get('stripe')),
    STRIPE_SECRET_KEY: stripe_secret_key,
    STRIPE_WEBHOOK_SECRET: stripe_webhook_secret,
  };
  const personalLinks = {
    INVITATION_LINK_KEY: state.invitation_link_key,
    RESET_LINK_KEY: state.reset_link_key,
    VERIFICATION_LINK_KEY: state.verification_link_key,
  };
  const PUBLIC_URL = `http://localhost:${gateway_port}/api/v1`;
  const own: Record<string, Record<string, string>> = {
    auth: {
      // A hash walks over 19 MiB: in large pages it takes 33 ms of CPU, in small ones 39.
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
      SIGNING_KEYS_FOLDER: keyFolder(data),
      SEALING_KEY: state.sealing_key,
      ...personalLinks,
    },
    bookings: { PUBLIC_URL, QUOTE_LINK_KEY: quote_link_key, PAYMENT_LINK_KEY: payment_link_key },
    payments: { PUBLIC_URL, PAYMENT_LINK_KEY: payment_link_key, ...stripe },
  };
  return own[name] ?? {};
}

/** `AUTH_URL` and so on: all instances of each service, with commas between them. */
export const serviceUrls = ({ services, instances, ports }: Plan): Record<string, string> =>
  Object.fromEntries(
    services.map(({ name }) => [
      `${name.toUpperCase()}_URL`,
      instanceNames(name, instances)
        .map((instance) => local(ports.get(instance)))
        .join(','),
    ]),
  );

/** `process` is one of the service's instances; a command of the service needs none. */
export function serviceEnvironment(
  name: string,
  plan: Plan,
  process = instanceNames(name, plan.instances)[0] ?? name,
): Record<string, string> {
  const { data, state, server, ports, revision, via } = plan;
  const url = (role: string, port: number | undefined) => {
    const address = new URL(server);
    if (port !== undefined) address.port = String(port);
    return roleUrl(address.href, DATABASE, role, state.roles_secret);
  };
  return {
    ...common(plan),
    PORT: String(ports.get(process)),
    LOG_FILE: logFile(data, process),
    BUILD_REVISION: revision,
    ...drainOf(plan),
    DATABASE_URL: url(`${name}_app`, via.postgres),
    DATABASE_WORKER_URL: url(`${name}_worker`, via.postgres),
    ...carrier(url('transport', via.transport)),
    ...serviceUrls(plan),
    ...ownEnvironment(name, plan),
  };
}

/** What is asked for under the process' own name, or its service's. */
const preloadsOf = ({ preloads }: Plan, ...names: string[]): string[] =>
  preloads.filter(({ name }) => names.includes(name)).map(({ module }) => module);

const serviceProcesses = (service: ServiceFolder, plan: Plan): ProcessSpec[] =>
  instanceNames(service.name, plan.instances).map((name) => ({
    name,
    main: join(service.folder, 'src/main.ts'),
    env: serviceEnvironment(service.name, plan, name),
    preloads: preloadsOf(plan, service.name, name),
    ready_url: `${local(plan.ports.get(name))}/health/ready`,
  }));

/** Stripe's stand-in, with a book of its own in a file of its own. */
function stripeProcess(plan: Plan): ProcessSpec {
  const { data, state, ports } = plan;
  return {
    name: 'stripe',
    preloads: preloadsOf(plan, 'stripe'),
    main: join(repository, 'infra/emulators/stripe/main.ts'),
    env: {
      ...common(plan),
      STRIPE_EMULATOR_PORT: String(ports.get('stripe')),
      STRIPE_EMULATOR_ADMIN_PORT: String(ports.get('stripe-admin')),
      STRIPE_EMULATOR_STORE: join(data, 'stripe.sqlite'),
      STRIPE_EMULATOR_KEY: state.stripe_secret_key,
      STRIPE_EMULATOR_WEBHOOK_URL: `${local(plan.gateway_port)}/api/v1/payments/webhooks/stripe`,
      STRIPE_EMULATOR_WEBHOOK_SECRET: state.stripe_webhook_secret,
    },
    ready_url: `${local(ports.get('stripe-admin'))}/health`,
  };
}

function gatewayProcess(plan: Plan): ProcessSpec {
  const hosts = plan.services.map(({ name }) => {
    const ports = instanceNames(name, plan.instances).map((instance) => plan.ports.get(instance));
    return `${name}:3000=${ports.map((port) => `127.0.0.1:${port}`).join('|')}`;
  });
  return {
    name: 'gateway',
    preloads: preloadsOf(plan, 'gateway'),
    main: join(repository, 'gateway/src/main.ts'),
    env: {
      ...common(plan),
      GATEWAY_CONFIG: plan.kong_file,
      LOG_FILE: logFile(plan.data, 'gateway'),
      GATEWAY_PORT: String(plan.gateway_port),
      BUILD_REVISION: plan.revision,
      GATEWAY_UPSTREAMS: hosts.join(','),
    },
    ready_url: `${local(plan.gateway_port)}/api/v1/auth/health`,
  };
}

export interface Processes {
  emulators: ProcessSpec[];
  services: ProcessSpec[];
  gateway: ProcessSpec;
}

export function processes(plan: Plan): Processes {
  const paying = plan.services.some(({ name }) => name === 'payments');
  return {
    emulators: paying ? [stripeProcess(plan)] : [],
    services: plan.services.flatMap((service) => serviceProcesses(service, plan)),
    gateway: gatewayProcess(plan),
  };
}

/** Names of everything that needs a port besides the gateway and Postgres. */
export const portNames = (services: ServiceFolder[], instances: number): string[] => [
  ...services.flatMap(({ name }) => instanceNames(name, instances)),
  'stripe',
  'stripe-admin',
];
