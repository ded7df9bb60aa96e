/** What a business has in stock for later requests; who takes has it alone. */
import type { Answer } from '../../scripts/e2e/lib/http.ts';
import type { Business, stages, Trip } from './businesses.ts';
import type { Planned } from './mix.ts';
import type { Look } from './platform.ts';

type Stage = (typeof stages)[number];

export const take = ({ stock }: Business, stage: Stage): Trip | undefined => stock[stage].shift();

export const give = ({ stock }: Business, stage: Stage, trip: Trip): void => {
  stock[stage].push(trip);
};

/** One of them to look at; it stays. */
export const seen = ({ stock }: Business, stage: Stage, number: number): Trip | undefined =>
  stock[stage][number % Math.max(1, stock[stage].length)];

export interface Step {
  business: Business;
  from: Stage;
  to: Stage;
  /** What the request is for this trip, and by what its effect is found. */
  request: (trip: Trip) => Pick<Planned, 'request' | 'subject'>;
  /** What the answer tells for the steps that come. */
  learns?: (trip: Trip, answer: Answer) => Partial<Trip>;
}

/** Takes a trip one step on; one that is refused for now (its event is under way) goes back. */
export function step({ business, from, to, request, learns }: Step): Planned | undefined {
  const trip = take(business, from);
  if (trip === undefined) return undefined;
  return {
    ...request(trip),
    done: (answer) => give(business, to, { ...trip, ...learns?.(trip, answer) }),
    refused: ({ body }) => {
      if (body?.code === 'transition_illegal') give(business, from, trip);
    },
  };
}

/** Counts by a statement: `SELECT … AS subject, count(*) AS effects … = ANY($1) GROUP BY 1`. */
export const countedBy =
  (sql: string) =>
  async (subjects: string[], look: Look): Promise<Map<string, number>> => {
    const rows = await look.rows<{ subject: string; effects: number }>(sql, [subjects]);
    return new Map(rows.map(({ subject, effects }) => [subject, Number(effects)]));
  };
