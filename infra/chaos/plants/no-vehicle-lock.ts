/** Who accepts looks for a free vehicle without waiting for the others who do. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/services/bookings/src/quotes/acceptance-store.ts',
  from: 'SELECT pg_advisory_xact_lock(hashtextextended(',
  to: 'SELECT (hashtextextended(',
});
