/** An event that fails takes those with it that came in its batch. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/shared/events/src/consumer.ts',
  from: 'if (failed) for (const event of events) await takeOne(event);',
  to: 'if (failed) failures.push(...events.map((event) => ({ event, error: new Error() })));',
});
