import { createService, type ServiceDependencies } from '@roundhouse/service';
import type { Express } from 'express';
import { contract } from './contract.ts';
import { type BookingsDependencies, handlers } from './handlers.ts';

export function createApp(dependencies: ServiceDependencies & BookingsDependencies): Express {
  return createService(contract, handlers(dependencies), dependencies);
}
