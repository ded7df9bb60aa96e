/** The platform under test: started by the launcher as a child, and everything one may do to it. */
import type { RabbitServer } from '../rabbitmq/server.ts';
import type { TcpProxy } from './proxy.ts';

export type TransportName = 'postgres' | 'rabbitmq';

/** What services reach through a proxy of ours when a scenario asks for it. */
export type Behind = 'postgres' | 'transport' | 'stripe';

/** How the platform is started; scenarios with equal needs share one. */
export interface PlatformNeeds {
  /** Which servers the services reach through a proxy. `transport` is the broker on RabbitMQ. */
  proxies?: readonly Behind[];
  /**
   * Modules that a process imports before its own code, by the name of a service (all of its
   * instances), of one process (`auth-1`) or `*` (all services). Made when the scratch folder is
   * known, so that they can be told of files in it by their query.
   */
  preloads?: (scratch: string) => Record<string, string[]>;
  /** Anything that sets platforms with different preloads apart. */
  label?: string;
  /** Of each service; the run's by default. */
  instances?: number;
  /** Further arguments of `scripts/start`. */
  arguments?: readonly string[];
}

/** A look into the database as its superuser, past every proxy. */
export interface Look {
  rows<Row = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]>;
}

export interface Platform extends Look {
  transport: TransportName;
  instances: number;
  /** As the launcher wrote them: GATEWAY_URL, DATABASE_URL, STRIPE_ADMIN_URL, AUTH_URL, … */
  addresses: Record<string, string>;
  /** A folder of this platform's own, gone with it. */
  scratch: string;
  /** The names of all processes: `auth-1`, `auth-2`, …, `stripe`, `gateway`. */
  processes: readonly string[];
  /** The services' names: `auth`, `bookings`, … */
  services: readonly string[];
  /** The processes of a service. */
  instancesOf(service: string): string[];
  pid(process: string): number | undefined;
  /** SIGKILL by default; answers whether there was something to signal. */
  signal(process: string, name?: NodeJS.Signals): boolean;
  /** Resolves when the process has another id than `before`, and is ready. */
  ready(process: string, before?: number): Promise<void>;
  postgres: {
    /** The postmaster and all of its children, at once and without warning. */
    kill(): Promise<void>;
    signal(name: NodeJS.Signals): void;
    /** `pg_ctl restart -m fast`. */
    restart(): Promise<void>;
    /** Resolves when it takes connections. */
    ready(): Promise<void>;
  };
  /** On RabbitMQ. */
  broker: RabbitServer | undefined;
  proxies: Partial<Record<Behind, TcpProxy>>;
  stripe: {
    /** Sets faults and the manner of webhooks: see the emulator's README. */
    control(body: object): Promise<void>;
    get(path: string): Promise<unknown>;
  };
  /** What the launcher has said so far. */
  said(): string;
  /** What the process has logged so far. */
  log(process: string): string;
  stop(): Promise<void>;
}
