/** The outbox says that an event is sent, and then it is sent: a crash in between loses it. */
import { changeSource } from '../change-source.ts';

const LATE_MS = 200;

changeSource({
  file: '/shared/events/src/relay.ts',
  from: 'await transport.publish(rows.map((row) => toEnvelope(service, row)));',
  to: `tx.afterCommit(() => {
    const send = () => transport.publish(rows.map((row) => toEnvelope(service, row)));
    globalThis.setTimeout(() => send().catch(() => undefined), ${LATE_MS});
  });`,
});
