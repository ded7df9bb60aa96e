/** Two types of vehicle are locked in the order of the moment. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/services/bookings/src/quotes/acceptance-store.ts',
  from: 'ORDER BY 1) AS sorted',
  to: 'ORDER BY random()) AS sorted',
});
