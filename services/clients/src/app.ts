import { createService, type ServiceDependencies } from '@roundhouse/service';
import type { Express } from 'express';
import { contract } from './contract.ts';
import { type ClientsDependencies, handlers } from './handlers.ts';

export function createApp(dependencies: ServiceDependencies & ClientsDependencies): Express {
  return createService(contract, handlers(dependencies), dependencies);
}
