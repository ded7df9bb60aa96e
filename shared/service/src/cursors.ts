import { createHash } from 'node:crypto';
import { invalid } from '@roundhouse/errors';
import type { Route } from './contract.ts';

const MARK_LENGTH = 6;

/** Lists of one sort look alike in their cursors, so that each puts its own mark before them. */
const markOf = ({ area, path }: Route): string =>
  createHash('sha256').update(`${area} ${path}`).digest('base64url').slice(0, MARK_LENGTH);

/** The cursor as the store made it; one of another list is refused. */
export function unmarked(route: Route, cursor: string): string {
  if (cursor.startsWith(markOf(route))) return cursor.slice(MARK_LENGTH);
  throw invalid('cursor_invalid', '/cursor', 'The cursor is not from this list.');
}

/** An answer on its way out, with its cursor marked where it has one. */
export function withMark(route: Route, answer: unknown): unknown {
  const { next_cursor } = answer as { next_cursor?: unknown };
  if (typeof next_cursor !== 'string' || route.query?.shape.cursor === undefined) return answer;
  return { ...(answer as object), next_cursor: markOf(route) + next_cursor };
}
