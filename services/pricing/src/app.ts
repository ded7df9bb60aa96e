import { createService, type ServiceDependencies } from '@roundhouse/service';
import type { Express } from 'express';
import { contract } from './contract.ts';
import { handlers, type PricingDependencies } from './handlers.ts';

export function createApp(dependencies: ServiceDependencies & PricingDependencies): Express {
  return createService(contract, handlers(dependencies), dependencies);
}
