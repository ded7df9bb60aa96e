import { createService, type ServiceDependencies } from '@roundhouse/service';
import type { Express } from 'express';
import { contract } from './contract.ts';
import { handlers } from './handlers.ts';
import type { PaymentDependencies } from './payments/handlers.ts';
import { mountWebhooks } from './webhooks/endpoint.ts';

export function createApp(dependencies: ServiceDependencies & PaymentDependencies): Express {
  return createService(contract, handlers(dependencies), dependencies, (app) =>
    mountWebhooks(app, dependencies),
  );
}
