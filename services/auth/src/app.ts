import { createService, type ServiceDependencies } from '@roundhouse/service';
import type { Express } from 'express';
import { contract } from './contract.ts';
import { handlers } from './handlers.ts';
import type { SigningKey } from './tokens.ts';

export function createApp(dependencies: ServiceDependencies & { key: SigningKey }): Express {
  return createService(contract, handlers(dependencies), dependencies);
}
