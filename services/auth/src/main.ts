import { readConfig, runService, serviceConfig } from '@roundhouse/service/process';
import { startRetention } from '@roundhouse/service/retention';
import { z } from 'zod';
import { createApp } from './app.ts';
import { openKeyFolder } from './keys/key-ring.ts';
import { publicEntry } from './keys/signing-key.ts';
import { linkKeyConfig, linkKeysOf } from './links/keys.ts';
import { EXPIRED } from './retention.ts';
import { sealing } from './sealing.ts';

const config = readConfig(
  serviceConfig.extend({
    /** The folder of the RSA keys that access tokens are signed with, and of their table. */
    SIGNING_KEYS_FOLDER: z.string(),
    /** Seals the secrets of authenticators; another one makes them unreadable. */
    SEALING_KEY: z.string().min(32),
    ...linkKeyConfig,
  }),
);
const keys = openKeyFolder(config.SIGNING_KEYS_FOLDER);

await runService({
  service: 'auth',
  config,
  keys: async () => keys.all().map(publicEntry),
  createApp: (dependencies) =>
    createApp({
      ...dependencies,
      keys,
      links: linkKeysOf(config),
      sealing: sealing(config.SEALING_KEY),
    }),
  background: ({ worker, failed }) => [
    startRetention(worker, failed('retention'), EXPIRED),
    keys.watch(failed('keys')),
  ],
});
