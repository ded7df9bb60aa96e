/** Brings database and broker to what this image needs, and ends: the container `migrations`. */
import { readConfig } from '@roundhouse/service/config';
import { z } from 'zod';
import { migrate } from '../database/migrate.ts';
import { serviceFolders } from '../database/services.ts';

const config = readConfig(
  z.object({
    /** As the superuser, with the name of the database. */
    DATABASE_URL: z.url(),
    /** From which the passwords of the roles are derived. */
    ROLES_SECRET: z.string().min(32),
    RABBITMQ_URL: z.url({ protocol: /^amqps?$/ }),
  }),
);
const server = new URL(config.DATABASE_URL);
const database = server.pathname.slice(1);
server.pathname = '';
await migrate({
  server: server.href,
  database,
  services: serviceFolders(),
  secret: config.ROLES_SECRET,
  broker: {
    url: config.RABBITMQ_URL,
    onAway: (error) => {
      throw error;
    },
  },
});
