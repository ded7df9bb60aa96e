/** What comes twice takes effect twice. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/shared/events/src/consumer.ts',
  from: 'return known.filter((_, index) => (results[2 * index + 1]?.length ?? 0) > 0);',
  to: 'return known;',
});
