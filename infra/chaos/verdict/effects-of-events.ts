import type { Line } from '../verdict.ts';

/**
 * What a service does on hearing of an event carries the event's id as its request: the same done
 * twice to the same thing, and the event was taken in twice.
 */
export const line: Line = {
  column: 'effects of events',
  place: 9.5,
  sentence: 'no event takes effect twice in a service',
  judge: async ({ platform }) => {
    const trails = platform.services.map(
      (service) => `SELECT '${service}' AS service, request_id, action, subject_id
        FROM ${service}.audit_log WHERE actor_kind = 'system'`,
    );
    const wrong = await platform.rows(`
      SELECT service, request_id AS event, action, subject_id, count(*)::int AS times
      FROM (${trails.join(' UNION ALL ')}) AS trail GROUP BY 1, 2, 3, 4 HAVING count(*) > 1`);
    return { figure: `${wrong.length} twice`, wrong };
  },
};
