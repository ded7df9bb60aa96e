/** What a kind of request in the mixed load is: one file each in `mix/`, which exports `kind`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Call } from '../../scripts/e2e/lib/http.ts';
import type { Business } from './businesses.ts';
import type { Look } from './platform.ts';
import type { Random } from './random.ts';

/** What a kind may look at when it is asked for its next request. */
export interface Turn {
  business: Business;
  /** A session of the business, in turn: limits at the edge count by token. */
  token: string;
  random: Random;
  /** Counts up over the whole run, so that a name made of it is used once. */
  number: number;
}

export interface Planned {
  request: Call;
  /**
   * Of a write: by what its effect is found again, such as a name that it alone gives, or an id.
   * Where only the answer tells it, a function of that.
   */
  subject?: string | ((answer: Answer) => string);
  /** After a 2xx: hands on what later requests go on with. */
  done?: (answer: Answer) => void;
  /** After a refusal that is one of `refusals`. */
  refused?: (answer: Answer) => void;
  /** Nobody knows, and it was not asked again: what it worked with may be used up. */
  unknown?: () => void;
}

export interface Kind {
  name: string;
  /** Its part among all kinds. */
  weight: number;
  /** Whose routes fail while this service is away, by the service's name; the first owns it. */
  services: readonly string[];
  /** The next request; undefined while there is nothing to do it with. */
  plan(turn: Turn): Planned | undefined;
  /** Codes that are a good answer too, such as `vehicle_taken`; any other refusal is wrong. */
  refusals?: readonly string[];
  /** Codes that say that somebody is at it: asked again, there is an answer. */
  again?: readonly string[];
  /** Of a write: what its acknowledgement proves. Without this the kind reads. */
  write?: {
    /** How many effects each of the subjects has; those that are not named have none. */
    effects(subjects: string[], look: Look): Promise<Map<string, number>>;
    /**
     * Whether an answer that did not come is asked for again, with the same key, until it comes.
     * A log-in is not: it would be another one.
     */
    retried: boolean;
    /**
     * The code that tells whoever asks again that an earlier request had its effect, where it is
     * no key that keeps it from happening twice.
     */
    repeated?: string;
  };
}

/** All kinds, each from its file, in the order of their names. */
export async function allKinds(): Promise<Kind[]> {
  const folder = join(import.meta.dirname, 'mix');
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(files.sort().map((file) => import(join(folder, file))));
  return modules.map(({ kind }) => kind as Kind);
}
