/** What a route may ask for: an area, which is a service's name or one it names, and what. */
export type Permission = `${string}:${'read' | 'write'}`;
/** What a role has: a permission, or all there are. */
export type Grant = Permission | '*';

export const roles = [
  'owner',
  'admin',
  'manager',
  'dispatcher',
  'staff',
  'accountant',
  'sales',
  'client',
  'vendor',
] as const;
export type Role = (typeof roles)[number];
export type Grants = Partial<Record<Role, readonly Grant[]>>;

const office: Grant[] = [
  'tenant:read',
  'clients:read',
  'clients:write',
  'pricing:read',
  'bookings:read',
  'bookings:write',
];

/**
 * Each role is a set of permissions; whoever has several roles has them all. A service with an area
 * of its own grants it in its contract.
 */
export const grants: Record<Role, readonly Grant[]> = {
  owner: ['*'],
  admin: ['*'],
  manager: [...office, 'pricing:write', 'payments:read', 'payments:write', 'ledger:read'],
  dispatcher: office,
  staff: ['tenant:read', 'bookings:read'],
  accountant: [
    'tenant:read',
    'clients:read',
    'pricing:read',
    'bookings:read',
    'payments:read',
    'payments:write',
    'ledger:read',
  ],
  sales: ['tenant:read', 'clients:read', 'clients:write', 'pricing:read', 'bookings:read'],
  client: [],
  vendor: [],
};

const includes = (held: readonly Grant[] = [], permission: Permission) =>
  held.includes('*') || held.includes(permission);

/** Who may do what: by the roles of a user, or by the scopes of a machine. */
export type Holder =
  | { kind: 'user'; roles: readonly Role[] }
  | { kind: 'machine'; scopes: readonly string[] };

/**
 * Whether a role of the user has the permission, by the table or by what the contract grants. A
 * machine may do what its scopes name, word for word: none stands for several, and an unknown one
 * grants nothing.
 */
export const may = (holder: Holder, permission: Permission, own: Grants = {}): boolean =>
  holder.kind === 'machine'
    ? holder.scopes.includes(permission)
    : holder.roles.some(
        (role) => includes(grants[role], permission) || includes(own[role], permission),
      );

/**
 * Whether a machine may all that a role may, by the table: what a service grants the role besides
 * is known there alone. Of users another rule decides which roles they give.
 */
export const mayAllOf = (holder: Holder, role: Role): boolean =>
  holder.kind === 'user' ||
  grants[role].every((grant) => grant !== '*' && holder.scopes.includes(grant));
