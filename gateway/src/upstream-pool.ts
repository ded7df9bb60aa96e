import { type Address, Connection, type Failure, type Job } from './upstream-connection.ts';

/** nginx keeps so many for each address, and ours are as cheap. */
const IDLE_CONNECTIONS = 256;

/**
 * For how long the other addresses are asked first. A refusal costs nothing and is asked for again
 * soon; a timeout holds a request up, so it is believed for as long as nginx does (`fail_timeout`).
 */
const AVOIDED_MS: Partial<Record<Failure | 'leaving', number>> = {
  unreachable: 1000,
  unresolved: 1000,
  leaving: 1000,
  connect_timeout: 10_000,
};

/** The connections to one address. The last one used is taken first, so that the rest can go. */
export class UpstreamPool implements Address {
  readonly host: string;
  readonly port: number;
  readonly #free: Connection[] = [];
  #avoidedUntil = 0;
  #closed = false;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  get avoided(): boolean {
    return this.#avoidedUntil > 0 && performance.now() < this.#avoidedUntil;
  }

  serve(job: Job, connectTimeout: number): Connection {
    const connection = this.#takeFree() ?? new Connection(this);
    connection.serve(job, connectTimeout);
    return connection;
  }

  #takeFree(): Connection | undefined {
    let connection = this.#free.pop();
    while (connection !== undefined && !connection.socket.writable) connection = this.#free.pop();
    return connection;
  }

  keep(connection: Connection): boolean {
    const full = this.#free.length >= IDLE_CONNECTIONS;
    if (this.#closed || full || connection.socket.destroyed) return false;
    // An idle connection shall not keep a stopping process alive.
    connection.socket.unref();
    this.#free.push(connection);
    return true;
  }

  drop(connection: Connection): void {
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
  }

  avoid(reason: Failure | 'leaving'): void {
    const duration = AVOIDED_MS[reason];
    if (duration === undefined) return;
    this.#avoidedUntil = performance.now() + duration;
    // Whoever is leaving waits for these, and would end them some time: perhaps just when the next
    // request is on its way there.
    this.#endFree();
  }

  /** Ends the idle connections now and the others after their answer. */
  close(): void {
    this.#closed = true;
    this.#endFree();
  }

  #endFree(): void {
    for (const connection of this.#free.splice(0)) connection.destroy();
  }
}

/** The addresses at which a service stands, asked in turn. */
export class Upstream {
  readonly #pools: readonly UpstreamPool[];
  #next = 0;

  /** At least one. */
  constructor(pools: readonly UpstreamPool[]) {
    this.#pools = pools;
  }

  get addresses(): number {
    return this.#pools.length;
  }

  /**
   * The next address: rather one that this request has not met yet and that nobody found closed
   * just now. Where all have been found closed they are asked nevertheless.
   */
  choose(met: readonly UpstreamPool[]): UpstreamPool {
    const pools = this.#pools;
    const [only] = pools;
    if (pools.length === 1) return only as UpstreamPool;
    const first = this.#next;
    this.#next = (first + 1) % pools.length;
    const turn = [...pools.slice(first), ...pools.slice(0, first)];
    const unmet = turn.filter((pool) => !met.includes(pool));
    return (unmet.find((pool) => !pool.avoided) ??
      unmet[0] ??
      turn.find((pool) => !pool.avoided) ??
      turn[0]) as UpstreamPool;
  }
}

/** One pool an address: services of one host share its connections. */
export class UpstreamPools {
  readonly #upstreams: ReadonlyMap<string, readonly string[]>;
  readonly #pools = new Map<string, UpstreamPool>();

  /** `upstreams` says where a service's `host:port` is really found, at one or more addresses. */
  constructor(upstreams: ReadonlyMap<string, readonly string[]>) {
    this.#upstreams = upstreams;
  }

  of({ host, port }: { host: string; port: number }): Upstream {
    const addresses = this.#upstreams.get(`${host}:${port}`) ?? [`${host}:${port}`];
    return new Upstream(addresses.map((address) => this.#poolOf(address)));
  }

  #poolOf(address: string): UpstreamPool {
    const colon = address.lastIndexOf(':');
    const pool =
      this.#pools.get(address) ??
      new UpstreamPool(address.slice(0, colon), Number(address.slice(colon + 1)));
    this.#pools.set(address, pool);
    return pool;
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }
}
