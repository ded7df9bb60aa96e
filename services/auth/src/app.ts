import { createService, type ServiceDependencies } from '@roundhouse/service';
import type { Express } from 'express';
import { contract } from './contract.ts';
import { type AuthDependencies, handlers } from './handlers.ts';

export function createApp(dependencies: ServiceDependencies & AuthDependencies): Express {
  return createService(contract, handlers(dependencies), dependencies);
}
