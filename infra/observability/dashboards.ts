import type { Dashboard } from './dashboard.ts';
import { business } from './dashboards/business.ts';
import { database } from './dashboards/database.ts';
import { events } from './dashboards/events.ts';
import { gateway } from './dashboards/gateway.ts';
import { platform } from './dashboards/platform.ts';
import { service } from './dashboards/service.ts';
import { slo } from './dashboards/slo.ts';

/** In the order of the story: what clients see, where it comes from, what it is about. */
export const dashboards: Dashboard[] = [
  ...[platform, slo, gateway, service, database, events, business],
];
