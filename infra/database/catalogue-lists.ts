/** What the catalogue test lets pass: by name, and each with its reason. */
type Reasons = Readonly<Record<string, string>>;

/** By their name in any service's schema; no serving role may touch them. */
export const TABLES_OF_NO_TENANT: Reasons = {
  knex_migrations: 'which migrations ran',
  knex_migrations_lock: 'that one of them is running',
};

/** SECURITY DEFINER: each finds the tenant of something before a tenant is known. */
export const LOOKUP_FUNCTIONS: Reasons = {
  'auth.tenants_of_email': 'a log-in names an e-mail and no business',
  'auth.tenant_of_subdomain': 'a log-in may name the business by its subdomain',
  'auth.tenants_inviting': 'the operator looks for a link by the e-mail that it was made for',
  'auth.tenant_of_refresh_token': 'a refresh token is opaque, and comes without an access token',
  'auth.tenant_of_machine_client': 'a machine client asks for a token by its id and its secret',
  'payments.tenant_of_provider_account': "a provider's webhook names the account and no tenant",
};

/** Unique without the tenant, since they name one thing among those of all tenants. */
export const UNIQUE_ACROSS_TENANTS: Reasons = {
  'auth.tenants.one_tenant_per_subdomain': 'a subdomain is an address on the internet',
  'auth.refresh_tokens.one_token_per_hash': '256 random bits, and the look-up finds one',
  'payments.provider_accounts.one_tenant_per_provider_account':
    'the provider names accounts among those of all tenants',
};

/** What the relay and the sweeps see of all tenants. */
export const WORKER_TABLES: Reasons = {
  outbox: 'the relay sends what any tenant has announced',
  inbox: 'what is old is swept',
  idempotency_keys: 'what is old is swept',
  revocations: 'each process holds those of all tenants, and what is old is swept',
  tenant_standings: 'each process holds those of all tenants',
  sessions: 'what has ended long ago is swept',
  refresh_tokens: 'what has expired is swept',
  throttles: 'what is forgotten is swept',
  login_challenges: 'what has expired is swept',
  provider_events: 'what was told long ago is swept',
  effects: 'the sweep sends what waits, and asks again for what nobody knows the outcome of',
};
