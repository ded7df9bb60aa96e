import { createService, type ServiceDependencies } from '@roundhouse/service';
import type { Express } from 'express';
import { contract } from './contract.ts';
import { type AuthDependencies, handlers } from './handlers.ts';
import { throttle } from './throttle/throttle.ts';

export function createApp(
  dependencies: ServiceDependencies & Omit<AuthDependencies, 'throttle'>,
): Express {
  const attempts = throttle(dependencies.database, dependencies.sealing);
  return createService(contract, handlers({ ...dependencies, throttle: attempts }), dependencies);
}
