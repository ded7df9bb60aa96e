import { DomainError, malformed } from '@roundhouse/errors';

/** Of the token endpoint, whose refusals are named by RFC 6749 5.2. */
export const invalidClient = () =>
  new DomainError('unauthenticated', 'invalid_client', 'The client or its secret is not known.');
export const invalidGrant = (detail: string) => malformed('invalid_grant', detail);
export const invalidScope = () =>
  malformed('invalid_scope', 'The client does not have all of these scopes.');
export const invalidRequest = (detail: string) => malformed('invalid_request', detail);
export const unsupportedGrantType = () =>
  malformed('unsupported_grant_type', 'Use password, refresh_token or client_credentials.');

export interface ClientCredentials {
  client_id: string;
  client_secret: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Id and secret stand form-encoded in the header (RFC 6749 2.3.1). */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidClient();
  }
}

function textOf(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(base64));
  } catch {
    throw invalidClient();
  }
}

function fromHeader(authorization: string): ClientCredentials {
  const [, encoded] = /^basic +([\w+/-]+=*) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) throw invalidClient();
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(textOf(encoded)) ?? [];
  if (id === undefined || secret === undefined) throw invalidClient();
  return { client_id: decoded(id), client_secret: decoded(secret) };
}

/** Who the client says it is: by the header or in the body, and not by both (RFC 6749 2.3). */
export function clientOf(
  authorization: string | undefined,
  body: { client_id?: string | undefined; client_secret?: string | undefined },
): ClientCredentials {
  if (authorization !== undefined) {
    if (body.client_secret !== undefined) {
      throw invalidRequest('Send the secret in one way, not in two.');
    }
    const client = fromHeader(authorization);
    if (body.client_id !== undefined && body.client_id !== client.client_id) {
      throw invalidRequest('The header and the body name two clients.');
    }
    return requireId(client);
  }
  const { client_id, client_secret } = body;
  if (client_id === undefined || client_secret === undefined) throw invalidClient();
  return requireId({ client_id, client_secret });
}

function requireId(client: ClientCredentials): ClientCredentials {
  if (!UUID.test(client.client_id)) throw invalidClient();
  return client;
}
