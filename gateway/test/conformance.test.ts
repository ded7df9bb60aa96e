import { expect, test } from '@jest/globals';
import { createLogger } from '@roundhouse/service/log';
import { leftOut } from '../conformance/differences.ts';
import { readRecording } from '../conformance/recording.ts';
import { runSuite, startEmbedded } from '../conformance/suite.ts';

test('the gateway answers every recorded case as the real Kong did', async () => {
  const gate = await startEmbedded(createLogger('conformance', 'error'));
  const results = await runSuite(gate).finally(() => gate.close());
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
  expect(failed).toEqual([]);
  expect([count('met'), count('left out'), count('differs on purpose')]).toEqual([250, 3, 9]);
});

test('each reason to leave cases out still has a case', () => {
  const recorded = readRecording();
  expect(leftOut.filter(({ applies }) => !recorded.some(applies))).toEqual([]);
});
