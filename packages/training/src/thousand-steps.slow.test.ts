// A thousand real steps leave memory where it was; ten kills and resumptions change no number of a run.

import { CounterRng } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { listCheckpoints } from './checkpoint/checkpoint-folder.ts';
import { memoryFiles } from './memory-files.ts';
import { runTraining } from './run-training.ts';
import { disposeParams, readHistory, tinyRun, tinySettings } from './testing/tiny-run.ts';
import type { TrainEvent, TrainingRun } from './training-run.ts';

type Content = Map<string, Uint8Array<ArrayBuffer>>;

const MINUTES = 60_000;
const nano = { hiddenSize: 64, numHiddenLayers: 2, numHeads: 2, intermediateSize: 128 };

/** Ends a run like a kill: the change with that number, and all after it, never reach the disk. */
function dyingFiles(content: Content, changes: number) {
  const files = memoryFiles(content);
  let left = changes;
  const guard =
    <A extends unknown[]>(act: (...args: A) => Promise<void>) =>
    async (...args: A) => {
      if (left-- <= 0) throw new Error('killed');
      await act(...args);
    };
  return {
    ...files,
    write: guard(files.write),
    append: guard(files.append),
    truncate: guard(files.truncate),
    rename: guard(files.rename),
    remove: guard(files.remove),
  };
}

async function goOn(run: TrainingRun): Promise<void> {
  const resumeFrom = (await listCheckpoints(run.files, 'run')).at(-1) ?? null;
  disposeParams((await runTraining({ ...run, resumeFrom })).params);
}

gpuSuite('a long run', (device) => {
  test('of a thousand steps leaves memory where it was', { timeout: 20 * MINUTES }, async () => {
    const settings = {
      ...tinySettings,
      ...{ steps: 1000, warmupSteps: 20, checkpointEvery: 100, evalEvery: 250 },
    };
    const before = device().memory.liveTensors;
    const marks: object[] = [];
    const onEvent = (event: TrainEvent) => {
      if (event.type !== 'checkpoint') return;
      const { liveTensors, allocatedBytes } = device().memory;
      marks.push({ liveTensors, allocatedBytes });
    };
    const run = await tinyRun(device(), { settings, config: nano, onEvent });
    const outcome = await runTraining(run);
    disposeParams(outcome.params);
    expect(outcome).toMatchObject({ reason: 'finished', step: 1000 });
    expect(device().memory.liveTensors).toBe(before);
    expect(marks).toHaveLength(10);
    for (const mark of marks.slice(1)) expect(mark).toEqual(marks[1]);
  });

  test('killed ten times gives the same numbers', { timeout: 20 * MINUTES }, async () => {
    const settings = { ...tinySettings, steps: 30 };
    const whole: Content = new Map();
    const plain = await tinyRun(device(), { settings, config: nano, files: memoryFiles(whole) });
    await goOn(plain);
    const rng = new CounterRng(7);
    const content: Content = new Map();
    let kills = 0;
    while (kills < 10) {
      // Far enough to reach the next checkpoint now and then, short of the end of the run.
      const files = dyingFiles(content, 1 + rng.below(16));
      try {
        await goOn({ ...plain, files });
        break;
      } catch (error) {
        expect(String(error)).toContain('killed');
        kills += 1;
      }
    }
    expect(kills).toBe(10);
    const files = memoryFiles(content);
    await goOn({ ...plain, files });
    expect(await readHistory(files)).toEqual(await readHistory(plain.files));
    const weights = 'run/checkpoints/step-00000030/model.safetensors';
    expect(whole.get(weights)?.length).toBeGreaterThan(0);
    expect(content.get(weights)).toEqual(whole.get(weights));
  });
});
