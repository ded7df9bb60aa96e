import { contract as authContract } from '@roundhouse/auth/contract';
import { contract as clientsContract } from '@roundhouse/clients/contract';
import { contract as pricingContract } from '@roundhouse/pricing/contract';
import { createClient } from '@roundhouse/service/client';
import { addresses, readConfig, runService, serviceConfig } from '@roundhouse/service/process';
import { z } from 'zod';
import { createApp } from './app.ts';
import { subscriptions } from './subscriptions.ts';

const config = readConfig(
  serviceConfig.extend({
    CLIENTS_URL: addresses,
    PRICING_URL: addresses,
    /** The gateway's address with `/api/v1`, as clients reach it. */
    PUBLIC_URL: z.url(),
    QUOTE_LINK_KEY: z.string().min(32),
    /** Shared with payments, which owns these links. */
    PAYMENT_LINK_KEY: z.string().min(32),
  }),
);

await runService({
  service: 'bookings',
  config,
  subscriptions,
  createApp: (dependencies) =>
    createApp({
      ...dependencies,
      auth: createClient(authContract, config.AUTH_URL),
      clients: createClient(clientsContract, config.CLIENTS_URL),
      pricing: createClient(pricingContract, config.PRICING_URL),
      links: {
        quote: config.QUOTE_LINK_KEY,
        payment: config.PAYMENT_LINK_KEY,
        public_url: config.PUBLIC_URL,
      },
    }),
});
