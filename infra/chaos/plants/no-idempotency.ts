/** Keys are read and forgotten: what is asked for again is done again. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/shared/service/src/idempotency.ts',
  from: 'if (key === undefined) return undefined;\n      const hash',
  to: 'if (key !== null) return undefined;\n      const hash',
});
