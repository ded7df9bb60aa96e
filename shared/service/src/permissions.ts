/** What a route may ask for: `<area>:<what>`. */
export const permissions = [
  'tenant:read',
  'users:write',
  'clients:read',
  'clients:write',
  'pricing:read',
  'pricing:write',
  'bookings:read',
  'bookings:write',
  'payments:read',
  'payments:write',
  'ledger:read',
] as const;
export type Permission = (typeof permissions)[number];

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

const office: Permission[] = [
  'tenant:read',
  'clients:read',
  'clients:write',
  'pricing:read',
  'bookings:read',
  'bookings:write',
];

/** Each role is a set of permissions; whoever has several roles has them all. */
const permissionsOf: Record<Role, readonly Permission[]> = {
  owner: permissions,
  admin: permissions,
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

export const may = (held: readonly Role[], permission: Permission): boolean =>
  held.some((role) => permissionsOf[role].includes(permission));
