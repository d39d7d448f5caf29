/**
 * `tsx writer-process.test-data.ts FILE RUN [COUNT] [STOP]`: stores COUNT rollouts (endless without) and prints each key after
 * its commit; ends early once there is a file STOP, which it looks for after each, giving others a turn.
 */
import { existsSync } from 'node:fs';
import { recordKey } from './record-key.ts';
import { manifestOf, questionOf, rolloutRecord } from './records.test-data.ts';
import { openStore } from './store.ts';

const [file = '', runId = '', count = 'Infinity', stop] = process.argv.slice(2);
const turn = new Int32Array(new SharedArrayBuffer(4));

const isTold = (): boolean => {
  if (stop === undefined) return false;
  Atomics.wait(turn, 0, 0, 2);
  return existsSync(stop);
};

const store = openStore(file);
store.startRun(manifestOf({ runId }));
for (let index = 0; index < Number(count) && !isTold(); index++) {
  const questionId = `q${index}`;
  store.appendRecord(rolloutRecord(questionOf('nq', questionId), { runId }));
  process.stdout.write(`${recordKey({ arm: 'CoA', dataset: 'nq', questionId, repeat: 0 })}\n`);
}
store.finishRun(runId);
store.close();
