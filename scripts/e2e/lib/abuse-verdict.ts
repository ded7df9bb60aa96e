import type { Abuse } from './abuse-inputs.ts';
import type { Answer } from './http.ts';

/** Refused before it reached an operation: by the edge, or by a path that is none. */
const BESIDE = new Set([400, 404, 405, 414, 431]);

const isProblem = ({ body, headers }: Answer) =>
  headers['content-type'] === 'application/problem+json' &&
  ['type', 'title', 'status', 'detail', 'code', 'request_id'].every((name) => name in body);
const isOAuthError = ({ body }: Answer) => typeof body?.error === 'string';
/** What never reached a service is answered as Kong does: by `Accept`, or by nginx in HTML. */
const isOfTheEdge = ({ status, headers }: Answer) =>
  headers['x-kong-upstream-latency'] === undefined && [...BESIDE, 413].includes(status);

/** A union is at fault as a whole, where no branch of it fits. */
function namesField({ body }: Answer, wanted: string): boolean {
  const errors: { pointer: string }[] = body.errors ?? [];
  return errors.some(({ pointer }) => wanted.startsWith(pointer) || pointer.startsWith(wanted));
}

interface Expected {
  /** The statuses in the document of the service. */
  declared: Set<number>;
  /** Whether it refuses in the words of RFC 6749. */
  oauth: boolean;
}

/** What is wrong with an answer to an abuse; nothing where it is the declared refusal. */
export function verdictOnAbuse(
  { statuses, pointer }: Pick<Abuse, 'statuses' | 'pointer'>,
  answer: Answer,
  { declared, oauth }: Expected,
): string | undefined {
  const { status, body } = answer;
  const fits = statuses.includes(status) || (oauth && status === 400);
  if (!fits) return `answered ${status} ${JSON.stringify(body)?.slice(0, 160)}`;
  if (isOfTheEdge(answer)) return undefined;
  if (!isProblem(answer) && !(oauth && isOAuthError(answer))) {
    return `${status} is no problem document`;
  }
  if (!BESIDE.has(status) && !declared.has(status)) return `${status} is undeclared`;
  if (pointer === undefined || oauth || namesField(answer, pointer)) return undefined;
  return `does not name ${pointer}`;
}
