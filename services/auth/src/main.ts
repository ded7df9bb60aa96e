import { readFileSync } from 'node:fs';
import { readConfig, runService, serviceConfig } from '@roundhouse/service/process';
import { z } from 'zod';
import { createApp } from './app.ts';
import { publicEntry, signingKey } from './keys/signing-key.ts';

const config = readConfig(
  serviceConfig.extend({
    /** The RSA private key that access tokens are signed with, as PEM. */
    SIGNING_KEY_FILE: z.string(),
  }),
);
const key = signingKey(readFileSync(config.SIGNING_KEY_FILE, 'utf8'));
const keys = { signing: () => key, all: () => [key] };

await runService({
  service: 'auth',
  config,
  keys: async () => [publicEntry(key)],
  createApp: (dependencies) => createApp({ ...dependencies, keys }),
});
