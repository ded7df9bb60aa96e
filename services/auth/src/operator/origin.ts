import type { Origin } from '@roundhouse/database';

/** Who runs the platform has no door over HTTP; in the trail he is the system. */
export const OPERATOR: Origin = {
  actor_kind: 'system',
  actor_id: 'operator',
  request_id: 'operator',
  address: null,
};
