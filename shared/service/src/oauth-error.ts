import type { ProblemAnswer } from './problem.ts';

/** RFC 6749 5.2, with the further members that a refusal has. */
export interface OAuthError {
  error: string;
  error_description: string;
}

export interface OAuthAnswer {
  status: number;
  headers: Record<string, string>;
  body: OAuthError;
}

/** Whatever is wrong with the request itself has one name there, and one status. */
const OF_THE_REQUEST = new Set([400, 415, 422]);

function nameOf(status: number, code: string, isOwn: boolean): string {
  if (isOwn) return code;
  if (status === 429) return code;
  if (status === 500) return 'server_error';
  if (status === 503) return 'temporarily_unavailable';
  return 'invalid_request';
}

/** `error_description` is printable ASCII without quotes and backslashes. */
const describable = (text: string) => text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '');

/** A refusal as clients of OAuth know it. `isOwn` says that the route declares it by this code. */
export function oauthErrorOf(
  { problem, headers }: ProblemAnswer,
  { isOwn, members = {} }: { isOwn: boolean; members?: Record<string, unknown> | undefined },
): OAuthAnswer {
  const { status, code, detail } = problem;
  const error = nameOf(status, code, isOwn);
  const challenge = status === 401 ? { 'WWW-Authenticate': 'Basic realm="roundhouse"' } : {};
  return {
    status: OF_THE_REQUEST.has(status) ? 400 : status,
    headers: { ...headers, ...challenge },
    body: { ...members, error, error_description: describable(detail) },
  };
}
