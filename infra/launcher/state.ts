import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './write-whole.ts';

/** What an installation keeps for itself, made at its first start. */
export interface State {
  /** The Postgres superuser's password. */
  postgres_password: string;
  /** From which the passwords of all database roles are derived. */
  roles_secret: string;
  quote_link_key: string;
  payment_link_key: string;
  invitation_link_key: string;
  reset_link_key: string;
  verification_link_key: string;
  sealing_key: string;
  stripe_secret_key: string;
  stripe_webhook_secret: string;
  postgres_port: number | undefined;
  /** Set when the demo data is complete. */
  demo_quote_id: string | undefined;
}

const secret = () => randomBytes(32).toString('base64url');

const file = (data: string) => join(data, 'state.json');

const newState = (): State => ({
  postgres_password: secret(),
  roles_secret: secret(),
  quote_link_key: secret(),
  payment_link_key: secret(),
  invitation_link_key: secret(),
  reset_link_key: secret(),
  verification_link_key: secret(),
  sealing_key: secret(),
  stripe_secret_key: `sk_test_${secret().replaceAll(/[-_]/g, 'x')}`,
  stripe_webhook_secret: `whsec_${secret().replaceAll(/[-_]/g, 'x')}`,
  postgres_port: undefined,
  demo_quote_id: undefined,
});

export function saveState(data: string, state: State): void {
  writeWhole(file(data), JSON.stringify(state, null, 2));
}

export function loadState(data: string): State {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const known = existsSync(file(data)) ? JSON.parse(readFileSync(file(data), 'utf8')) : {};
  const state = { ...newState(), ...known };
  saveState(data, state);
  return state;
}
