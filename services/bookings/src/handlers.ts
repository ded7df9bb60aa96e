import type { Handlers } from '@roundhouse/service';
import { auditHandlers } from '@roundhouse/service/audit';
import { type CharterDependencies, charterHandlers } from './charters/handlers.ts';
import type { contract } from './contract.ts';
import { personalDataHandlers } from './personal-data/handlers.ts';
import { type QuoteDependencies, quoteHandlers } from './quotes/handlers.ts';
import { resourceHandlers } from './resources/handlers.ts';

export type BookingsDependencies = CharterDependencies & QuoteDependencies;

export const handlers = (dependencies: BookingsDependencies): Handlers<typeof contract> => ({
  ...resourceHandlers,
  ...charterHandlers(dependencies),
  ...quoteHandlers(dependencies),
  ...personalDataHandlers,
  ...auditHandlers,
});
