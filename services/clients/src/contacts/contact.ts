import { conflict, invalid } from '@roundhouse/errors';
import type { channels } from './states.ts';

export interface Contact {
  roles: string[];
  /** The roles in which it is the one that is meant when nobody else is named. */
  primary_for: string[];
  email: string | null;
  phone: string | null;
  preferred_channel: (typeof channels)[number] | null;
}

/** A contact that contradicts itself is refused. */
export function requireCoherent(contact: Contact): void {
  const { roles, primary_for, preferred_channel: channel, email, phone } = contact;
  if (primary_for.some((role) => !roles.includes(role))) {
    throw invalid('invalid', '/primary_for', 'has a role that the contact does not have');
  }
  if (channel !== null && (channel === 'email' ? email : phone) === null) {
    const lacks = channel === 'email' ? 'an e-mail' : 'a phone';
    throw invalid('invalid', '/preferred_channel', `needs ${lacks}`);
  }
}

/** Where nobody says otherwise, the first one in a role is the primary one. */
export const firstOfItsRoles = (roles: readonly string[], taken: readonly string[]): string[] =>
  roles.filter((role) => !taken.includes(role));

interface Archivable {
  archived_at: Temporal.Instant | null;
}

export function requireLiveContact(contact: Archivable): void {
  if (contact.archived_at === null) return;
  throw conflict('contact_archived', 'The contact is archived.', { allowed: ['restore'] });
}

export function requireArchivedContact(contact: Archivable): void {
  if (contact.archived_at !== null) return;
  throw conflict('contact_not_archived', 'It is not archived.', { allowed: ['archive'] });
}
