/** Wrong passwords are counted, and nobody minds how many they are. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/services/auth/src/throttle/throttle.ts',
  from: 'answers.map((rows) => only(rows).seconds)',
  to: 'answers.map(() => 0)',
});
