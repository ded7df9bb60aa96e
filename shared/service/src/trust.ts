import { setTimeout } from 'node:timers/promises';
import { type Database, sql } from '@roundhouse/database';
import { forbidden, unauthenticated, unavailable } from '@roundhouse/errors';
import { startLoop } from '@roundhouse/jobs';
import type { Background } from './background.ts';
import { onStandingsSaved, type Standing } from './standings.ts';
import { tenantLimits } from './tenant-limits.ts';
import type { Claims } from './token.ts';

type Token = Pick<Claims, 'sub' | 'sid' | 'ver' | 'tenant_id'>;

/** Whom this process lets in, of those whose token or link is genuine. */
export interface Trust {
  /** Counts a request with this token, or refuses it: 401, 403, 429, or 503 before it knows. */
  admit(token: Token): void;
  /** The same for what a link opens: it belongs to nobody's session. */
  admitLink(tenant_id: string): void;
}

export interface LoadedTrust extends Trust, Background {
  /** Whether it has ever known; a process that has not is not ready. */
  isLoaded(): boolean;
  /** Looks now. */
  load(): Promise<void>;
}

/** Where auth has said nothing else of a tenant. */
const REQUESTS_PER_MINUTE = 30_000;
/** An event tells the instance that took it at once; the others find its row by this. */
const RELOAD_MS = 10_000;
/** Before the first load nobody is let in, so it is tried again soon. */
const RETRY_MS = 250;
/** A row has the time of its transaction's begin, and is seen after its end. */
const OVERLAP = Temporal.Duration.from({ minutes: 5 });
/** Four times as long as a token lives: as long as the rows themselves are kept. */
const KEPT = Temporal.Duration.from({ hours: 1 });

interface Revocation {
  kind: 'session' | 'subject';
  id: string;
  refused_below: number | null;
  revoked_at: Temporal.Instant;
}

interface Refusal {
  /** Tokens of a lower version are refused. */
  below: number;
  /** When it can be forgotten: no token is left that it refuses. */
  until_ms: number;
}

class Known {
  /** Apart, since a machine's session has the id of the machine itself. */
  readonly #refusals = {
    session: new Map<string, Refusal>(),
    subject: new Map<string, Refusal>(),
  };
  readonly #standings = new Map<string, Standing>();
  #loaded_at: Temporal.Instant | undefined;

  get isLoaded(): boolean {
    return this.#loaded_at !== undefined;
  }

  refuses({ sub, sid, ver }: Token): boolean {
    if (this.#refusals.session.has(sid)) return true;
    const subject = this.#refusals.subject.get(sub);
    return subject !== undefined && ver < subject.below;
  }

  standing(tenant_id: string): Standing | undefined {
    return this.#standings.get(tenant_id);
  }

  /** What is new since the last time: the whole of it would be read by every process for ever. */
  async load(worker: Database): Promise<void> {
    const since = this.#loaded_at?.subtract(OVERLAP) ?? Temporal.Instant.fromEpochMilliseconds(0);
    const [clock, revocations, standings] = await worker.transaction((tx) =>
      tx.queries<[{ now: Temporal.Instant }[], Revocation[], (Standing & { tenant_id: string })[]]>(
        [
          sql`SELECT now() AS now`,
          sql`SELECT kind, id, refused_below, revoked_at FROM revocations
          WHERE revoked_at >= ${since}`,
          sql`SELECT tenant_id, suspended, requests_per_minute, version FROM tenant_standings
          WHERE changed_at >= ${since}`,
        ],
      ),
    );
    for (const { kind, id, refused_below, revoked_at } of revocations) {
      const until_ms = revoked_at.add(KEPT).epochMilliseconds;
      this.#refusals[kind].set(id, { below: refused_below ?? Number.POSITIVE_INFINITY, until_ms });
    }
    for (const { tenant_id, ...standing } of standings) this.#standings.set(tenant_id, standing);
    const [{ now }] = clock as [{ now: Temporal.Instant }];
    this.#forget(now.epochMilliseconds);
    this.#loaded_at = now;
  }

  #forget(now_ms: number): void {
    for (const refusals of Object.values(this.#refusals)) {
      for (const [id, { until_ms }] of refusals) if (until_ms < now_ms) refusals.delete(id);
    }
  }
}

const unknown = () =>
  unavailable('standings_unavailable', 'Who may come in is not known just now. Try again.');
const revoked = () =>
  unauthenticated('token_revoked', 'This access token has been revoked. Refresh it, or log in.');
const suspended = () => forbidden('tenant_suspended', 'The business is suspended.');

/**
 * Holds in memory what auth has revoked, so that a request pays no more than three looks into a
 * Map (150 ns): loaded every ten seconds, and as soon as this process has heard of something new.
 *
 * While the database is away the last state stays in force: what it lets in can neither read nor
 * write anything there, and refusing everybody would turn a moment's outage into 401s that log
 * people out. A process that has never loaded knows nothing, and lets nobody in.
 */
export function startTrust(worker: Database, onError: (error: unknown) => void): LoadedTrust {
  const known = new Known();
  const count = tenantLimits();
  const loop = startLoop({
    poll_ms: RELOAD_MS,
    turn: async () => {
      try {
        await known.load(worker);
      } catch (error) {
        onError(error);
        if (!known.isLoaded) await setTimeout(RETRY_MS);
      }
      return !known.isLoaded;
    },
    onError,
  });
  const forget = onStandingsSaved(loop.wake);

  const admitTenant = (tenant_id: string) => {
    const standing = known.standing(tenant_id);
    if (standing?.suspended) throw suspended();
    const limit = standing === undefined ? REQUESTS_PER_MINUTE : standing.requests_per_minute;
    if (limit !== null) count(tenant_id, limit);
  };

  return {
    isLoaded: () => known.isLoaded,
    load: () => known.load(worker),
    admit: (token) => {
      if (!known.isLoaded) throw unknown();
      if (known.refuses(token)) throw revoked();
      admitTenant(token.tenant_id);
    },
    admitLink: (tenant_id) => {
      if (!known.isLoaded) throw unknown();
      admitTenant(tenant_id);
    },
    stop: async () => {
      forget();
      await loop.stop();
    },
  };
}
