import { join } from 'node:path';
import { run } from '../../../scripts/test-processes.ts';
import { repository } from '../../database/services.ts';
import type { Scenario } from '../scenario.ts';

const DEADLINE_MS = 300_000;

/** Readiness off, drain, keep-alive connections closed in order: nothing excuses a failure. */
export const scenario: Scenario = {
  id: 'F16',
  sentence: 'all services are restarted, one process after the other',
  needs: { arguments: ['--drain-ms', '3000'] },
  run: async ({ platform, fault, check, figure }) => {
    const script = join(repository, 'scripts/restart');
    const data = String(platform.addresses.DATA_DIR);
    const { output } = await fault('rolling restart', { excuses: () => false }, () =>
      run([script, data], {}, DEADLINE_MS),
    );
    check('the restart comes to its end', output.trim().startsWith('ok'), output);
    figure('restart', output.trim());
  },
};
