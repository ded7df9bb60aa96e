/** What was accepted, and may be paid at this moment, can be canceled. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/services/bookings/src/charters/states.ts',
  from: "accepted: ['confirmed']",
  to: "accepted: ['confirmed', 'canceled']",
});
