/** What the server says when it goes away or has no room is taken for a fault in a statement. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/shared/database/src/session.ts',
  from: '/^(08|25P0[34]|28|57P0|57014|53|58)/',
  to: '/^08/',
});
