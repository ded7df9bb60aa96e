import { invalidRequest } from './errors.ts';

/** A decoded form: `a[b]=1&c[0]=2` is `{ a: { b: '1' }, c: { 0: '2' } }`. Values are text. */
export type Form = { [name: string]: string | Form };

const MAX_DEPTH = 5;

/** Decodes the bracketed form that the SDK sends in bodies and query strings alike. */
export function parseForm(text: string): Form {
  const form = emptyForm();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    put(form, namesOf(name), at < 0 ? '' : decode(pair.slice(at + 1)));
  }
  return form;
}

/** The form with its names sorted, so that equal parameters are equal text. */
export function canonical(form: Form): string {
  const pairs = Object.keys(form)
    .sort()
    .map((name) => {
      const value = form[name] ?? '';
      return [name, typeof value === 'string' ? value : canonical(value)];
    });
  return JSON.stringify(pairs);
}

/** Without a prototype, so that a parameter called `__proto__` is just one more unknown name. */
function emptyForm(): Form {
  return Object.create(null);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidRequest('The request body is not a valid form.');
  }
}

/** `a[b][]` is a, b and the next free index. */
function namesOf(name: string): string[] {
  const names = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (names === null) throw invalidRequest(`Invalid parameter name: ${name}`);
  const inner = [...(names[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? '');
  if (inner.length > MAX_DEPTH) throw invalidRequest(`Parameter nested too deep: ${name}`);
  return [names[1] ?? '', ...inner];
}

function put(form: Form, names: string[], value: string): void {
  const [first = '', ...rest] = names;
  const name = first === '' ? String(Object.keys(form).length) : first;
  if (rest.length === 0) {
    form[name] = value;
    return;
  }
  const inner = form[name] ?? emptyForm();
  if (typeof inner === 'string') throw invalidRequest(`Invalid object: ${name}`, { param: name });
  form[name] = inner;
  put(inner, rest, value);
}
