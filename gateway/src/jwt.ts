import { type KeyObject, verify } from 'node:crypto';
import { readPublicKey } from './configuration.ts';
import type { Consumer } from './configuration-schema.ts';
import { entityId } from './entity-id.ts';
import { type Answer, plainAnswer } from './error-answer.ts';
import type { Exchange, Identity, PluginHandler } from './exchange.ts';
import { removeHeader } from './headers.ts';
import type { PluginConfig } from './plugin-schemas.ts';
import { claimProblems, decodeToken, keyId } from './token.ts';

type Credential = { key: string; publicKey: KeyObject; consumer: Identity };
type Verified = { credential: Credential; claims: unknown };

/** Verifying costs some 50 µs and a caller sends the same token for minutes. */
const REMEMBERED_TOKENS = 10_000;
/** Kong's pattern without its leading \s*, which changes nothing but the time it can take. */
const BEARER = /[Bb]earer\s+(.+)/;
const IDENTITY = [
  'X-Consumer-ID',
  'X-Consumer-Custom-ID',
  'X-Consumer-Username',
  'X-Credential-Identifier',
  'X-Anonymous-Consumer',
];

function collectCredentials(consumers: readonly Consumer[]): Map<string, Credential> {
  const credentials = consumers.flatMap((consumer) => {
    const identity = {
      username: consumer.username,
      custom_id: consumer.custom_id,
      id: entityId('consumers', consumer.username),
    };
    return consumer.jwt_secrets.map(({ key, rsa_public_key }) => {
      const publicKey = readPublicKey(rsa_public_key) as KeyObject;
      return [key, { key, publicKey, consumer: identity }] as const;
    });
  });
  return new Map(credentials);
}

function queryTokens(query: string): string[] {
  // Most queries have none, and parsing one costs more than all other steps together.
  if (!query.includes('jwt')) return [];
  return new URLSearchParams(query).getAll('jwt').filter((token) => token !== '');
}

/** The one token of a request, or how many different ones there are. */
function findToken({ head }: Exchange): string | 'none' | 'several' {
  const bearer = head.authorization === undefined ? null : BEARER.exec(head.authorization);
  const tokens = queryTokens(head.query);
  if (bearer !== null) tokens.push(bearer[1] as string);
  const [first, ...others] = tokens;
  if (first === undefined) return 'none';
  return others.some((token) => token !== first) ? 'several' : first;
}

function refuse(body: Record<string, string>, challenge: string): Answer {
  const answer = plainAnswer(401, body);
  answer.headers.push('WWW-Authenticate', challenge);
  return answer;
}

function invalid(message: string): Answer {
  return refuse({ message }, 'Bearer error="invalid_token"');
}

function identify(exchange: Exchange, { key, consumer }: Credential): void {
  const { passed } = exchange.head;
  for (const name of IDENTITY) removeHeader(passed, name);
  passed.push('X-Consumer-ID', consumer.id);
  if (consumer.custom_id !== undefined) passed.push('X-Consumer-Custom-ID', consumer.custom_id);
  passed.push('X-Consumer-Username', consumer.username, 'X-Credential-Identifier', key);
  exchange.consumer = consumer;
}

/** Knows the keys of all consumers; one for the whole gateway, so that routes share them. */
export class TokenVerifier {
  readonly #credentials: Map<string, Credential>;
  readonly #remembered = new Map<string, Verified>();

  constructor(consumers: readonly Consumer[]) {
    this.#credentials = collectCredentials(consumers);
  }

  /** Whose token it is, its signature checked but not its claims; or why it is refused. */
  verify(text: string): Verified | string {
    const known = this.#remembered.get(text);
    if (known !== undefined) return known;
    const token = decodeToken(text);
    if (typeof token === 'string') return `Bad token; ${token}`;
    const kid = keyId(token);
    if (kid === undefined) return "No mandatory 'kid' in claims";
    if (kid === '') return "Invalid 'kid' in claims";
    const credential = this.#credentials.get(kid);
    if (credential === undefined) return "No credentials found for given 'kid'";
    if (token.header.alg !== 'RS256') return 'Invalid algorithm';
    const signed = Buffer.from(token.signed);
    if (!verify('RSA-SHA256', signed, credential.publicKey, token.signature)) {
      return 'Invalid signature';
    }
    return { credential, claims: token.claims };
  }

  /** Keeps a token whose claims have been checked; the oldest makes room. */
  remember(text: string, verified: Verified): void {
    if (this.#remembered.has(text)) return;
    if (this.#remembered.size >= REMEMBERED_TOKENS) {
      const [oldest] = this.#remembered.keys();
      this.#remembered.delete(oldest as string);
    }
    this.#remembered.set(text, verified);
  }

  forget(text: string): void {
    this.#remembered.delete(text);
  }
}

/** Lets in whoever brings one token of a known key, in time; says to the service who it is. */
export function jwt(config: PluginConfig<'jwt'>, verifier: TokenVerifier): PluginHandler {
  function authenticate(exchange: Exchange): Answer | undefined {
    const token = findToken(exchange);
    if (token === 'none') return refuse({ message: 'Unauthorized' }, 'Bearer');
    if (token === 'several') return invalid('Multiple tokens provided');
    const verified = verifier.verify(token);
    if (typeof verified === 'string') return invalid(verified);
    const now = Math.floor(exchange.startedAt / 1000);
    const problems = claimProblems(verified.claims, config.claims_to_verify, now);
    if (problems !== undefined) {
      verifier.forget(token);
      return refuse(problems, 'Bearer error="invalid_token"');
    }
    verifier.remember(token, verified);
    identify(exchange, verified.credential);
    return undefined;
  }

  return {
    access(exchange) {
      if (exchange.head.method === 'OPTIONS' && !config.run_on_preflight) return undefined;
      return authenticate(exchange);
    },
  };
}
