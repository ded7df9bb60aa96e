import { conflict, forbidden, invalid } from '@roundhouse/errors';

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
const SANDBOX = '-sandbox';
/** Of a DNS label (RFC 1035 2.3.4). */
const MAX_LABEL = 63;

export function requireFreeSubdomain(subdomain: string): void {
  if (!RESERVED.has(subdomain) && !subdomain.endsWith(SANDBOX)) return;
  throw invalid('subdomain_reserved', '/subdomain', 'This subdomain is kept for the platform.');
}

/** Nobody can sign up for it, so it is there for the business whose name it bears. */
export const sandboxSubdomain = (subdomain: string): string =>
  `${subdomain.slice(0, MAX_LABEL - SANDBOX.length).replace(/-$/, '')}${SANDBOX}`;

/**
 * The subdomain that a host names: of `<subdomain>.<anything>` the first label. An address and a
 * name of one label have none.
 */
export function subdomainOf(host: string): string | undefined {
  const [name = ''] = host.toLowerCase().split(':');
  const [first, ...others] = name.split('.');
  return others.length === 0 || /^\d+$/.test(others.at(-1) ?? '') ? undefined : first;
}

/** To be asked after the password was found right: a stranger learns nothing of a business. */
export function requireStanding({ suspended_at }: { suspended_at: Temporal.Instant | null }): void {
  if (suspended_at === null) return;
  throw forbidden('tenant_suspended', 'The business is suspended.');
}

export interface SandboxFacts {
  /** The business that a sandbox belongs to. */
  sandbox_of: string | null;
}

/** A sandbox has what its owner tries out; whoever may do all there may do nothing here. */
export function requireSandboxable(tenant: SandboxFacts, roles: readonly string[]): void {
  if (!roles.includes('owner')) {
    throw forbidden('owner_needed', 'Only an owner opens the sandbox of the business.');
  }
  if (tenant.sandbox_of === null) return;
  throw conflict('is_sandbox', 'A sandbox has no sandbox of its own.');
}

interface Account {
  tenant: SandboxFacts;
  user: { deactivated_at: Temporal.Instant | null };
}

/**
 * Which of the accounts that one password opens are meant: those that are active before those that
 * are not, and a business before its sandbox, which otherwise would make every log-in of its owner
 * ambiguous. Several answers are a question.
 */
export function meantAmong<A extends Account>(opened: readonly A[]): readonly A[] {
  const active = opened.filter(({ user }) => user.deactivated_at === null);
  const open = active.length > 0 ? active : opened;
  const live = open.filter(({ tenant }) => tenant.sandbox_of === null);
  return live.length > 0 ? live : open;
}
