import { expect, test } from '@jest/globals';
import { freshDatabase } from '@roundhouse/testing';

test('who listens to what stands in the database, from the services’ own lists', async () => {
  const database = await freshDatabase();
  try {
    const readers = await database.inspect<{ queue: string }>(
      'SELECT queue FROM transport.subscriptions WHERE type = $1 ORDER BY queue',
      ['auth.tenant.created.v1'],
    );
    expect(readers.map(({ queue }) => queue)).toEqual(
      expect.arrayContaining(['bookings', 'clients', 'pricing']),
    );
  } finally {
    await database.drop();
  }
});
