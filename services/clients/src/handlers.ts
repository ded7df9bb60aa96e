import type { Handlers } from '@roundhouse/service';
import { auditHandlers } from '@roundhouse/service/audit';
import { addressHandlers } from './addresses/handlers.ts';
import { type ClientsDependencies, clientHandlers } from './clients/handlers.ts';
import { contactHandlers } from './contacts/handlers.ts';
import type { contract } from './contract.ts';
import { customFieldHandlers } from './custom-fields/handlers.ts';
import { erasureHandlers } from './erasures/handlers.ts';
import { exchangeHandlers } from './exchange/handlers.ts';
import { mergeHandlers } from './merges/handlers.ts';
import { noteHandlers } from './notes/handlers.ts';

export const handlers = (dependencies: ClientsDependencies): Handlers<typeof contract> => ({
  ...clientHandlers(dependencies),
  ...contactHandlers,
  ...addressHandlers,
  ...noteHandlers,
  ...customFieldHandlers,
  ...exchangeHandlers(dependencies),
  ...mergeHandlers,
  ...erasureHandlers,
  ...auditHandlers,
});
