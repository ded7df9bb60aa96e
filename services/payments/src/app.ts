import { createService, type ServiceDependencies } from '@roundhouse/service';
import express, { type Express } from 'express';
import { contract } from './contract.ts';
import { handlers } from './handlers.ts';
import type { PaymentDependencies } from './payments/handlers.ts';
import { webhookHandler } from './webhooks/handlers.ts';

export function createApp(dependencies: ServiceDependencies & PaymentDependencies): Express {
  const hear = webhookHandler(dependencies);
  return createService(contract, handlers(dependencies), dependencies, (app) => {
    // Beside the contract: the signature is over the bytes, so they are taken as they came.
    const bytes = express.raw({ type: () => true, limit: '1mb', inflate: false });
    app.post('/webhooks/stripe', bytes, async (request, response) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      await hear(body, request.header('stripe-signature'));
      response.json({ received: true });
    });
  });
}
