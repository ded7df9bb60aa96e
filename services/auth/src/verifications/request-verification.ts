import { audit, type TenantTransaction } from '@roundhouse/database';
import { publish } from '@roundhouse/events';
import { EmailVerificationRequested } from '../events.ts';
import { renewLink } from '../links/store.ts';

/** Asks for a link to this e-mail, which is the user's or is to become it. */
export async function requestVerification(
  tx: TenantTransaction,
  { user_id, email }: { user_id: string; email: string },
): Promise<void> {
  const link = await renewLink(tx, { user_id, kind: 'verification', email });
  const { generation, expires_at } = link;
  const wanted = { user_id, email: link.email, generation, expires_at };
  publish(tx, EmailVerificationRequested, user_id, wanted);
  const subject = { subject_type: 'user', subject_id: user_id };
  audit(tx, { action: 'requestVerification', ...subject, after: wanted });
}
