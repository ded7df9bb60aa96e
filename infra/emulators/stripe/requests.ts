import type { ApiRequest } from './api.ts';
import type { Fault } from './faults.ts';
import { type Form, parseForm } from './form.ts';

export type Received = {
  request: ApiRequest;
  at: Date;
  status: number | null;
  fault: Fault | undefined;
};

/** A request as `GET /requests` shows it: without the key that signed it. */
type Shown = {
  id: string;
  at: string;
  method: string;
  path: string;
  parameters: Form | null;
  account: string | null;
  idempotency_key: string | null;
  /** Null when the request was swallowed. */
  status: number | null;
  fault: Fault | null;
};

export type RequestLog = {
  add(received: Received): void;
  latest(limit: number): Shown[];
  clear(): void;
};

const KEPT = 1000;

/** The last requests, newest first; older ones are forgotten. */
export function createRequestLog(): RequestLog {
  const kept: Received[] = [];
  return {
    add(received) {
      kept.unshift(received);
      kept.splice(KEPT);
    },
    latest: (limit) => kept.slice(0, limit).map(shown),
    clear: () => {
      kept.length = 0;
    },
  };
}

function shown({ request, at, status, fault }: Received): Shown {
  return {
    id: request.id,
    at: at.toISOString(),
    method: request.method,
    path: request.path,
    parameters: parametersOf(request.form_text),
    account: request.account ?? null,
    idempotency_key: request.idempotency_key ?? null,
    status,
    fault: fault ?? null,
  };
}

function parametersOf(text: string): Form | null {
  try {
    return parseForm(text);
  } catch {
    return null;
  }
}
