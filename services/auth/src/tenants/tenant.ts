import { invalid } from '@roundhouse/errors';

const RESERVED = new Set([
  'admin',
  'api',
  'app',
  'auth',
  'docs',
  'mail',
  'static',
  'status',
  'www',
]);

export function requireFreeSubdomain(subdomain: string): void {
  if (!RESERVED.has(subdomain)) return;
  throw invalid('subdomain_reserved', '/subdomain', 'This subdomain is kept for the platform.');
}
