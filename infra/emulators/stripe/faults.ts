import { z } from 'zod';

/**
 * What to do to the next requests that match: `fail` answers in Stripe's stead, without effect;
 * `hang_ms` swallows the request, then drops the connection, without effect; `latency_ms` waits
 * before the effect, which comes even if the caller has gone; `cut_answer` drops the connection
 * after the effect.
 */
const Kinds = z.strictObject({
  fail: z
    .strictObject({
      status: z.int().min(400).max(599),
      /** As a failure inside Stripe, which its idempotency key then keeps. */
      stored: z.boolean().default(false),
    })
    .optional(),
  hang_ms: z.int().positive().optional(),
  latency_ms: z.int().positive().optional(),
  cut_answer: z.literal(true).optional(),
});

export const Fault = Kinds.extend({
  /** A path in which `*` is any one segment and `**` any rest. */
  path: z.string().startsWith('/'),
  method: z.enum(['GET', 'POST']).optional(),
  times: z.int().positive().default(1),
}).refine((fault) => Object.keys(Kinds.shape).filter((kind) => kind in fault).length === 1, {
  message: 'A fault is exactly one of fail, hang_ms, latency_ms and cut_answer.',
});

export type Fault = z.infer<typeof Fault>;

export type Faults = {
  add(fault: Fault): void;
  /** The oldest fault that matches, counted down; nothing when none does. */
  take(method: string, path: string): Fault | undefined;
  remaining(): Fault[];
  clear(): void;
};

export function createFaults(): Faults {
  let faults: Fault[] = [];
  return {
    add: (fault) => {
      faults.push({ ...fault });
    },
    take(method, path) {
      const found = faults.find((fault) => matches(fault, method, path));
      if (found === undefined) return undefined;
      found.times -= 1;
      faults = faults.filter((fault) => fault.times > 0);
      return found;
    },
    remaining: () => faults,
    clear: () => {
      faults = [];
    },
  };
}

function matches(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  const segments = fault.path.split('/').map((segment) => {
    if (segment === '**') return '.*';
    return segment === '*' ? '[^/]+' : RegExp.escape(segment);
  });
  return new RegExp(`^${segments.join('/')}$`).test(path);
}
