import type { ServerContainers } from '@roundhouse/testing/containers';

/** What the set-up of a test run has started, for whoever ends it. */
export const containers: { started: ServerContainers | undefined } = { started: undefined };
