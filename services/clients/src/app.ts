import { createService, type ServiceDependencies } from '@roundhouse/service';
import type { Express } from 'express';
import type { ClientsDependencies } from './clients/handlers.ts';
import { contract } from './contract.ts';
import { handlers } from './handlers.ts';

export function createApp(dependencies: ServiceDependencies & ClientsDependencies): Express {
  return createService(contract, handlers(dependencies), dependencies);
}
