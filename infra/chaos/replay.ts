import type { Platform } from './platform.ts';

/** Has every event since then sent once more; answers how many. The inboxes know those they had. */
export async function replay({ services, rows }: Platform, since: string): Promise<number> {
  let replayed = 0;
  for (const service of services) {
    const again = await rows(
      `UPDATE ${service}.outbox SET sent_at = NULL
       WHERE sent_at IS NOT NULL AND time >= $1::timestamptz - interval '1 minute' RETURNING id`,
      [since],
    );
    replayed += again.length;
  }
  return replayed;
}
