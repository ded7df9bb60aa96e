import type { Handlers } from '@roundhouse/service';
import { auditHandlers } from '@roundhouse/service/audit';
import { clientHandlers } from './clients/handlers.ts';
import type { contract } from './contract.ts';
import { invoiceHandlers } from './invoices/handlers.ts';
import { ledgerHandlers } from './ledger/handlers.ts';
import { type PaymentDependencies, paymentHandlers } from './payments/handlers.ts';
import { scheduleHandlers } from './schedules/handlers.ts';

export const handlers = (dependencies: PaymentDependencies): Handlers<typeof contract> => ({
  ...scheduleHandlers(dependencies.links),
  ...paymentHandlers(dependencies),
  ...invoiceHandlers,
  ...ledgerHandlers,
  ...clientHandlers,
  ...auditHandlers,
});
