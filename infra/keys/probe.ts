import { createPublicKey, randomUUID, sign } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Contract } from '@roundhouse/service/contract';
import { AUDIENCE, ISSUER, keyThumbprint, TOKEN_TYPE } from '@roundhouse/service/token';
import { serviceFolders } from '../database/services.ts';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * A good token of nobody: no business has its tenant, and it has no role. Whoever knows its key
 * answers that it may do nothing; whoever does not, that it is not valid.
 */
function probeToken(pem: string, now = Temporal.Now.instant()): string {
  const kid = keyThumbprint(createPublicKey(pem));
  const iat = Math.floor(now.epochMilliseconds / 1000);
  const header = encode({ alg: 'RS256', typ: TOKEN_TYPE, kid });
  const payload = encode({
    ...{ iss: ISSUER, aud: AUDIENCE, sub: randomUUID(), tenant_id: randomUUID() },
    ...{ roles: [], sid: randomUUID(), ver: 1, iat, nbf: iat - 60, exp: iat + 300 },
  });
  const content = `${header}.${payload}`;
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), pem).toString('base64url')}`;
}

/** A path behind the gateway for each service, which asks for a token and changes nothing. */
async function guardedPaths(): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const { name, folder } of serviceFolders()) {
    const { contract }: { contract: Contract } = await import(join(folder, 'src/contract.ts'));
    const route = Object.values(contract.routes).find(
      ({ method, permission }) => method === 'get' && permission !== undefined,
    );
    if (route === undefined) throw new Error(`${name} has no route that could be probed.`);
    const path = route.path.replace(/:\w+/g, () => randomUUID());
    paths.set(name, `/api/v1/${route.area ?? contract.service}${path}`);
  }
  return paths;
}

/** One process after the other answers behind one name: so many good answers in a row are all. */
const IN_A_ROW = 12;
const AGAIN_MS = 250;

/** Asks until the answer is good so often that every process has given it; or throws why not. */
async function untilGood(
  what: string,
  deadline: number,
  ask: () => Promise<string | undefined>,
): Promise<void> {
  let good = 0;
  while (good < IN_A_ROW) {
    const fault = await ask().catch((error: unknown) => (error as Error).message);
    good = fault === undefined ? good + 1 : 0;
    if (fault === undefined) continue;
    if (performance.now() > deadline) throw new Error(`${what}: ${fault}`);
    await setTimeout(AGAIN_MS);
  }
}

const codeOf = async (answer: Response) => {
  const { code } = (await answer.json().catch(() => ({}))) as { code?: string };
  return `${answer.status} ${code ?? ''}`.trim();
};

export interface Probe {
  gateway_url: string;
  pem: string;
  deadline_ms: number;
  say: (line: string) => void;
}

/** Resolves when auth shows the key, and gateway and services take its tokens. */
export async function untilKnown({ gateway_url, pem, deadline_ms, say }: Probe): Promise<void> {
  const deadline = performance.now() + deadline_ms;
  const kid = keyThumbprint(createPublicKey(pem));
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, gateway_url), { headers, signal: AbortSignal.timeout(5_000) });

  await untilGood('auth does not show the key', deadline, async () => {
    const answer = await ask('/api/v1/auth/.well-known/jwks.json');
    if (!answer.ok) return codeOf(answer);
    const { keys } = (await answer.json()) as { keys: { kid: string }[] };
    return keys.some((key) => key.kid === kid) ? undefined : 'it has others';
  });
  say('  auth shows it');
  const token = probeToken(pem);
  for (const [service, path] of await guardedPaths()) {
    await untilGood(`${service} refuses the key`, deadline, async () => {
      const got = await codeOf(await ask(path, { authorization: `Bearer ${token}` }));
      return got === '403 permission_missing' ? undefined : `it answers ${got}`;
    });
    say(`  the gateway and ${service} take a token that it signed`);
  }
}
