import { contract as authContract } from '@roundhouse/auth/contract';
import { createClient } from '@roundhouse/service/client';
import { readConfig, runService, serviceConfig } from '@roundhouse/service/process';
import { createApp } from './app.ts';
import { subscriptions } from './subscriptions.ts';

const config = readConfig(serviceConfig);
const auth = createClient(authContract, config.AUTH_URL);

await runService({
  service: 'pricing',
  config,
  subscriptions,
  createApp: (dependencies) => createApp({ ...dependencies, auth }),
});
