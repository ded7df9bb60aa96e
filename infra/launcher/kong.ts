import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFiles } from '@roundhouse/service/config';
import { keyThumbprint } from '@roundhouse/service/token';
import { parse, stringify } from 'yaml';
import { repository } from '../database/services.ts';
import { writeWhole } from './write-whole.ts';

/** How long a request waits for Redis, in milliseconds; Kong's own default is 2 s. */
const REDIS_PATIENCE_MS = 500;

/** `redis[s]://[[user]:password@]host[:port][/database]` as Kong's plugins want it. */
function redisConfig(address: string): Record<string, unknown> {
  const url = new URL(address);
  const database = Number(url.pathname.slice(1));
  if (!/^rediss?:$/.test(url.protocol) || url.hostname === '' || !Number.isInteger(database)) {
    // Without the address: it may hold a password.
    throw new Error('REDIS_URL must be redis[s]://[[user]:password@]host[:port][/database].');
  }
  const ssl = url.protocol === 'rediss:';
  return {
    host: url.hostname,
    port: url.port === '' ? 6379 : Number(url.port),
    timeout: REDIS_PATIENCE_MS,
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    database,
    ...(ssl ? { ssl, ssl_verify: true, server_name: url.hostname } : {}),
  };
}

interface KongPlugin {
  name: string;
  config: Record<string, unknown>;
}

/** Where there is a Redis, all gateways count in it. */
function limitsInRedis(config: { services: { plugins: KongPlugin[] }[] }, address: string): void {
  const redis = redisConfig(address);
  for (const { plugins } of config.services) {
    for (const plugin of plugins) {
      if (plugin.name === 'rate-limiting') Object.assign(plugin.config, { policy: 'redis', redis });
    }
  }
}

/**
 * Kong reads no variables, so the public keys are written into its file before it reads it, and
 * the address of Redis where there is one. Of a private key (PEM, as a public one) its public half
 * alone is taken.
 */
export function renderKong(
  text: string,
  { keys, redis_url }: { keys: readonly string[]; redis_url?: string | undefined },
): string {
  const config = parse(text, { version: '1.1' });
  config.consumers[0].jwt_secrets = keys.map((pem) => {
    const publicKey = createPublicKey(pem);
    return {
      key: keyThumbprint(publicKey),
      algorithm: 'RS256',
      rsa_public_key: publicKey.export({ type: 'spki', format: 'pem' }),
    };
  });
  if (redis_url) limitsInRedis(config, redis_url);
  return stringify(config, { aliasDuplicateObjects: false });
}

/**
 * Writes the repository's kong.yml with these keys, whole or not at all: somebody may read it. With
 * Redis' password it is for our own eyes, where the mode does not say that only Kong is about.
 */
export function writeKong(file: string, keys: readonly string[], mode?: number): void {
  const kong = readFileSync(join(repository, 'kong.yml'), 'utf8');
  const { REDIS_URL: redis_url } = withFiles(['REDIS_URL'], process.env);
  writeWhole(file, renderKong(kong, { keys, redis_url }), mode);
}

/**
 * Has the gateway go by these keys from now on. It refuses a file that is wrong, in its log, and
 * keeps the one before: whoever needs a new key asks for something with a token of that key. A
 * gateway that does not run (`pid` is undefined) reads the file when it starts.
 */
export function reloadGateway(
  file: string,
  { keys, pid }: { keys: readonly string[]; pid: number | undefined },
): void {
  writeKong(file, keys);
  if (pid !== undefined) process.kill(pid, 'SIGHUP');
}
