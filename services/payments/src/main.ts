import { startSweep } from '@roundhouse/jobs';
import { readConfig, runService, serviceConfig } from '@roundhouse/service/process';
import { startRetention } from '@roundhouse/service/retention';
import { z } from 'zod';
import { createApp } from './app.ts';
import { measuredProvider } from './measured-provider.ts';
import { watchEffects } from './meters.ts';
import { EXPIRED } from './retention.ts';
import { checkStripe, connectStripe, stripeFields } from './stripe.ts';
import { subscriptions } from './subscriptions.ts';
import { effectsSweep } from './sweep.ts';
import { tracedProvider } from './traced-provider.ts';

const config = readConfig(
  serviceConfig
    .extend({
      /** The gateway's address with `/api/v1`, as clients reach it. */
      PUBLIC_URL: z.url(),
      /** Shared with bookings, which shows these links too. */
      PAYMENT_LINK_KEY: z.string().min(32),
      ...stripeFields,
    })
    .superRefine(checkStripe),
  { STRIPE_MAY_BE_EMULATED: 'true' },
);
const provider = tracedProvider(measuredProvider(connectStripe(config)));
const links = { key: config.PAYMENT_LINK_KEY, public_url: config.PUBLIC_URL };

await runService({
  service: 'payments',
  config,
  subscriptions,
  createApp: (dependencies) => createApp({ ...dependencies, provider, links }),
  background: ({ database, worker, logger, failed }) => {
    watchEffects(worker);
    return [
      startSweep(effectsSweep({ database, worker, provider, logger, onError: failed('sweep') })),
      startRetention(worker, failed('retention'), EXPIRED),
    ];
  },
});
