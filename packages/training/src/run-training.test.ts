// The loop on a device: stopped, killed and resumed at many moments it gives the same numbers, bit for bit.

import { byteTokenizer, createCorpus } from '@vulpes/data';
import type { FoxConfig } from '@vulpes/lm-models';
import { CounterRng } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { listCheckpoints } from './checkpoint/checkpoint-folder.ts';
import type { Files } from './files.ts';
import { memoryFiles } from './memory-files.ts';
import { runTraining } from './run-training.ts';
import { disposeParams, readHistory, tinyRun, tinySettings } from './testing/tiny-run.ts';
import type { TrainEvent, TrainingOutcome, TrainingRun } from './training-run.ts';

type Content = Map<string, Uint8Array<ArrayBuffer>>;

async function runAndFree(run: TrainingRun): Promise<TrainingOutcome> {
  const outcome = await runTraining(run);
  disposeParams(outcome.params);
  return outcome;
}

/** Goes on from the newest checkpoint, as often as it takes. */
async function resume(run: TrainingRun): Promise<TrainingOutcome> {
  const resumeFrom = (await listCheckpoints(run.files, 'run')).at(-1) ?? null;
  return runAndFree({ ...run, resumeFrom });
}

/** The same files; calls `onChange` after each change. */
function watched(files: Files, onChange: () => void): Files {
  const after =
    <A extends unknown[]>(act: (...args: A) => Promise<void>) =>
    async (...args: A) => {
      await act(...args);
      onChange();
    };
  return {
    ...files,
    write: after(files.write),
    append: after(files.append),
    rename: after(files.rename),
    remove: after(files.remove),
  };
}

gpuSuite('runTraining', (device) => {
  let whole: { history: object[]; outcome: TrainingOutcome; moments: Content[] } | undefined;

  /** One run without a stop, and the state of its disk after every change. */
  async function wholeRun() {
    if (whole) return whole;
    const content: Content = new Map();
    const moments: Content[] = [];
    const files = watched(memoryFiles(content), () => moments.push(new Map(content)));
    const outcome = await runAndFree(await tinyRun(device(), { files }));
    whole = { history: await readHistory(files), outcome, moments };
    return whole;
  }

  test('learns, and reports each step, evaluation and checkpoint', async () => {
    const events: TrainEvent[] = [];
    const run = await tinyRun(device(), { onEvent: (event) => events.push(event) });
    const outcome = await runAndFree(run);
    const steps = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(steps.map(({ tokens }) => tokens)).toEqual(steps.map(({ step }) => step * 28));
    expect(steps[0]?.learningRate).toBe(0); // the first update of a warm-up
    const evaluations = events.flatMap((event) => (event.type === 'evaluation' ? [event] : []));
    expect(evaluations.map(({ step }) => step)).toEqual([0, 3, 6, 9, 10]);
    expect(evaluations[0]?.heldOutLoss).toBeCloseTo(Math.log(256), 0);
    expect(outcome.heldOutLoss).toBeLessThan((evaluations[0]?.heldOutLoss as number) - 0.5);
    const saved = events.flatMap((event) => (event.type === 'checkpoint' ? [event.step] : []));
    expect(saved).toEqual([4, 8, 10]);
    expect(outcome).toMatchObject({ reason: 'finished', step: 10, tokens: 280 });
    expect(outcome.pruning?.perHead).toHaveLength(1);
  });

  test('stopped after any step and resumed, it gives the same numbers', async () => {
    const { history } = await wholeRun();
    for (const stopAfter of [1, 5]) {
      const files = memoryFiles();
      const controller = new AbortController();
      const onEvent = (event: TrainEvent) => {
        if (event.type === 'step' && event.step === stopAfter) controller.abort();
      };
      const run = await tinyRun(device(), { files });
      const stopped = await runAndFree({ ...run, onEvent, signal: controller.signal });
      expect(stopped.reason).toBe('stopped');
      // One step may be under way when the stop is asked for.
      expect(stopped.step - stopAfter).toBeLessThanOrEqual(1);
      expect((await resume(run)).reason).toBe('finished');
      expect(await readHistory(files), `stopped after ${stopAfter}`).toEqual(history);
    }
  });

  test('killed at random moments and resumed, it gives the same numbers and ends with the same weights', async () => {
    const { history, outcome, moments } = await wholeRun();
    const weights = moments.at(-1)?.get(`${outcome.checkpoint.folder}/model.safetensors`);
    expect(weights?.length).toBeGreaterThan(0);
    const rng = new CounterRng(42);
    for (let round = 0; round < 3; round++) {
      const moment = rng.below(moments.length);
      const content = new Map(moments[moment]);
      const files = memoryFiles(content);
      await resume(await tinyRun(device(), { files }));
      expect(await readHistory(files), `killed after change ${moment}`).toEqual(history);
      expect(content.get(`${outcome.checkpoint.folder}/model.safetensors`)).toEqual(weights);
    }
  });

  test('stopped in the middle of an evaluation, it makes that evaluation later', async () => {
    const { history } = await wholeRun();
    const files = memoryFiles();
    const signal = AbortSignal.abort();
    const run = await tinyRun(device(), { files });
    const stopped = await runAndFree({ ...run, signal });
    expect(stopped).toMatchObject({ reason: 'stopped', step: 0, heldOutLoss: null });
    await resume(run);
    expect(await readHistory(files)).toEqual(history);
  });

  test('a finished run can go on for longer', async () => {
    const files = memoryFiles();
    const run = await tinyRun(device(), { files });
    await runAndFree(run);
    const longer = await resume({ ...run, settings: { ...tinySettings, steps: 12 } });
    expect(longer).toMatchObject({ reason: 'finished', step: 12 });
    expect((await resume({ ...run, settings: { ...tinySettings, steps: 12 } })).heldOutLoss).toBe(
      longer.heldOutLoss,
    );
  });

  test('a loss that is not finite names step, weight and the last checkpoint', async () => {
    const settings = {
      ...tinySettings,
      learningRate: 1e36,
      warmupSteps: 0,
      maxGradNorm: null,
      checkpointEvery: 1,
    };
    const run = await tinyRun(device(), { settings });
    await expect(runTraining(run)).rejects.toThrow(
      /^training: expected finite numbers at step \d+, but the (loss|gradient norm) is (NaN|-?Infinity)\. .*run\/checkpoints\/step-0000000\d\. Start a run with a lower learning rate/,
    );
  });

  test.each([
    ['evaluated', /but the held-out loss is (NaN|-?Infinity)\. The first bad weight is /],
    ['stopped', /but its update made a weight that is not finite\. The first bad weight is /],
  ])(
    'a last update that spoils the weights, %s, fails the run and costs no checkpoint',
    async (how, message) => {
      // The first update is at rate 0 and saved; the second is the last and overflows.
      const settings = {
        ...tinySettings,
        ...{ steps: 2, warmupSteps: 1, learningRate: 1e36, weightDecay: 1e30 },
        ...{ checkpointEvery: 1, keepCheckpoints: 1, evalEvery: 100 },
      };
      const run = await tinyRun(device(), { settings });
      const live = device().memory.liveTensors;
      const controller = new AbortController();
      const onEvent = (event: TrainEvent) => {
        if (how === 'stopped' && event.type === 'step' && event.step === 2) controller.abort();
      };
      await expect(runTraining({ ...run, onEvent, signal: controller.signal })).rejects.toThrow(
        message,
      );
      expect(await listCheckpoints(run.files, 'run')).toMatchObject([{ step: 1 }]);
      expect(device().memory.liveTensors).toBe(live);
    },
  );

  test('taken back to an earlier checkpoint, it sets the later ones aside before it cuts the log', async () => {
    const content: Content = new Map();
    const run = await tinyRun(device(), { files: memoryFiles(content) });
    await runAndFree(run);
    const [first, ...later] = await listCheckpoints(run.files, 'run');
    expect(later.length).toBeGreaterThan(0);
    const size = (await run.files.size('run/metrics.jsonl')) as number;
    const files = {
      ...run.files,
      truncate: async (path: string, bytes: number) => {
        expect(bytes).toBeLessThan(size);
        expect(await listCheckpoints(run.files, 'run')).toEqual([first]);
        return run.files.truncate(path, bytes);
      },
    };
    const resumeFrom = first ?? null;
    const notes: string[] = [];
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'start') notes.push(...event.notes);
    };
    const stopped = { ...run, resumeFrom, onEvent, signal: AbortSignal.abort() };
    await runAndFree({ ...stopped, files });
    expect(notes).toEqual([
      expect.stringMatching(/^Going back to step 8: later checkpoints are set/),
    ]);
    await run.files.truncate('run/metrics.jsonl', 10);
    await runAndFree(stopped);
    expect(notes[1]).toMatch(/^The metrics log has 0 bytes that can be used, \d+ when/);
    expect(notes.length).toBe(2);
  });

  test('pruning changes no digit that matters, and is reported', async () => {
    // Several blocks of keys, and gates that forget fast from the start: much is pruned.
    const settings = { ...tinySettings, contextLength: 256, steps: 3, evalEvery: 3 };
    const losses = async (config: Partial<FoxConfig>) => {
      const files = memoryFiles();
      const outcome = await runAndFree(await tinyRun(device(), { files, settings, config }));
      const history = (await readHistory(files)) as { loss?: number }[];
      return { outcome, losses: history.flatMap(({ loss }) => (loss === undefined ? [] : [loss])) };
    };
    const dense = await losses({ logPruningTolerance: null });
    expect(dense.outcome.pruning).toBeNull();
    const shares: number[] = [];
    for (const pruningMode of ['paper', 'certified'] as const) {
      const pruned = await losses({ logPruningTolerance: -10, pruningMode });
      pruned.losses.forEach((loss, step) => {
        expect(loss / (dense.losses[step] as number)).toBeCloseTo(1, 5);
      });
      expect(pruned.losses).toHaveLength(3);
      shares.push(pruned.outcome.pruning?.share ?? 0);
    }
    expect(shares[0]).toBeGreaterThan(0.1);
    expect(shares[1]).toBeGreaterThanOrEqual(shares[0] as number);
  });

  test('a run leaves no memory behind, however many steps it makes', async () => {
    const run = await tinyRun(device());
    const peaks: number[] = [];
    const before = device().memory.liveTensors;
    const settings = { ...tinySettings, steps: 40, evalEvery: 10, checkpointEvery: 20 };
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'checkpoint') peaks.push(device().memory.allocatedBytes);
    };
    const outcome = await runTraining({ ...run, settings, onEvent });
    const kept = Object.keys(outcome.params).length;
    disposeParams(outcome.params);
    expect(device().memory.liveTensors).toBe(before);
    expect(kept).toBeGreaterThan(10);
    expect(peaks[1]).toBe(peaks[0]);
  });

  test('with packed documents it trains, resumes with the same bits, and is another run than without', async () => {
    const texts = Array.from({ length: 60 }, (_, i) => ({
      name: `${i}`,
      bytes: byteTokenizer.encode('A fox. '.repeat(1 + (i % 3))),
    }));
    const corpus = await createCorpus(texts, { contextLength: 14 });
    const settings = { ...tinySettings, packDocuments: true };
    const whole = await tinyRun(device(), { corpus, settings });
    const outcome = await runAndFree(whole);
    const history = await readHistory(whole.files);
    expect(outcome.heldOutLoss).toBeLessThan(4);

    const stopped = await tinyRun(device(), { corpus, settings });
    const stop = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'step' && event.step === 5) stop.abort();
    };
    await runAndFree({ ...stopped, onEvent, signal: stop.signal });
    await resume(stopped);
    expect(await readHistory(stopped.files)).toEqual(history);

    const unpacked = await tinyRun(device(), { corpus });
    await runAndFree(unpacked);
    expect(await readHistory(unpacked.files)).not.toEqual(history);
  });
});
