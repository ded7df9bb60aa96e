import { z } from 'zod';
import { invalidParameter, notEmulated, type StripeError } from './errors.ts';
import type { Form } from './form.ts';

type Issue = z.core.$ZodIssue;

const MAX_TEXT = 5000;

const EMPTY =
  'You passed an empty string, which would unset the parameter; it cannot be unset. ' +
  'Remove it from the request or supply a value.';

export const Integer = z.string().transform((text, context) => {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  if (text === '') return refuse(context, EMPTY, 'parameter_invalid_empty');
  return refuse(context, `Invalid integer: ${text}`, 'parameter_invalid_integer');
});

export const Flag = z.string().transform((text, context) => {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === '') return refuse(context, EMPTY, 'parameter_invalid_empty');
  return refuse(context, `Invalid boolean: ${text}`);
});

/** Text that an empty value unsets. */
export const Text = z.string().transform((text, context) => {
  if (text.length <= MAX_TEXT) return text === '' ? null : text;
  return refuse(context, `Invalid string: ${text.slice(0, 20)}…; at most ${MAX_TEXT} characters`);
});

export const Id = z.string().transform((text, context) => {
  if (text !== '') return text;
  return refuse(context, EMPTY, 'parameter_invalid_empty');
});

export const Metadata = z
  .union([z.literal(''), z.record(z.string(), z.string())])
  .transform((pairs, context) => {
    const entries = pairs === '' ? [] : Object.entries(pairs).filter(([, value]) => value !== '');
    if (entries.length > 50) return refuse(context, 'Metadata can have up to 50 keys.');
    for (const [key, value] of entries) {
      if (key.length > 40) return refuse(context, `Metadata key too long: ${key.slice(0, 40)}…`);
      if (value.length > 500) {
        return refuse(context, `Metadata values can have up to 500 characters: ${key}`);
      }
    }
    return Object.fromEntries(entries);
  });

export const Expand = z.record(z.string(), z.string()).transform((paths) => Object.values(paths));

export const Page = {
  limit: Integer.refine((limit) => limit >= 1 && limit <= 100, {
    message: 'Invalid limit: must be from 1 to 100.',
  }).default(10),
  starting_after: Id.optional(),
  ending_before: Id.optional(),
  expand: Expand.optional(),
};

export const Created = z.union([
  Integer.transform((at) => ({ gte: at, lte: at })),
  z.strictObject({
    gt: Integer.optional(),
    gte: Integer.optional(),
    lt: Integer.optional(),
    lte: Integer.optional(),
  }),
]);

/** One of a few words, refused as Stripe does. */
export function choice<const Words extends readonly string[]>(...words: Words) {
  return z.enum(words, { error: () => `Invalid value: must be one of ${words.join(', ')}` });
}

/**
 * The parameters as the operation wants them. Names in `gaps` exist at Stripe but not here: they
 * answer 501, so that nobody takes our gap for Stripe's refusal.
 */
export function readParameters<Shape extends z.ZodType>(
  shape: Shape,
  form: Form,
  gaps: readonly string[] = [],
): z.infer<Shape> {
  const gap = namesIn(form).find((name) => gaps.includes(name));
  if (gap !== undefined) throw notEmulated(`the parameter ${gap}`);
  const parsed = shape.safeParse(form, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw asStripeError(parsed.error.issues);
}

function namesIn(form: Form, prefix = ''): string[] {
  return Object.entries(form).flatMap(([key, value]) => {
    const name = prefix === '' ? key : `${prefix}[${key}]`;
    return typeof value === 'string' ? [name] : [name, ...namesIn(value, name)];
  });
}

function asStripeError(issues: Issue[]): StripeError {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((k) => paramOf([...issue.path, k])) : [],
  );
  if (unknown.length > 0) {
    return invalidParameter(`Received unknown parameter: ${unknown.join(', ')}`, {
      code: 'parameter_unknown',
      param: unknown[0] ?? '',
    });
  }
  const [issue] = issues;
  const param = paramOf(issue?.path ?? []);
  if (issue?.code === 'custom') {
    const code = issue.params?.code;
    return invalidParameter(issue.message, typeof code === 'string' ? { code, param } : { param });
  }
  if (issue?.input === undefined) {
    return invalidParameter(`Missing required param: ${param}.`, {
      code: 'parameter_missing',
      param,
    });
  }
  if (issue.code === 'invalid_value') return invalidParameter(issue.message, { param });
  return invalidParameter(`Invalid ${typeof issue.input === 'string' ? 'object' : 'string'}`, {
    param,
  });
}

function paramOf(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path.map(String);
  return `${first ?? ''}${rest.map((name) => `[${name}]`).join('')}`;
}

function refuse(context: z.core.$RefinementCtx, message: string, code?: string): never {
  context.addIssue({
    code: 'custom',
    message,
    ...(code === undefined ? {} : { params: { code } }),
  });
  return z.NEVER;
}
