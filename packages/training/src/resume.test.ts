// Resuming what does not fit: each mismatch and each damage has its own sentence.

import { createModel } from '@vulpes/lm-models';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { beforeAll, expect, test } from 'vitest';
import {
  type CheckpointLocation,
  listSetAside,
  MARKER_FILE,
  writeCheckpoint,
} from './checkpoint/checkpoint-folder.ts';
import { restoreSetAside } from './checkpoint/set-aside.ts';
import { encodeText } from './files.ts';
import { memoryFiles } from './memory-files.ts';
import { runTraining } from './run-training.ts';
import {
  disposeParams,
  tinyConfig,
  tinyCorpus,
  tinyRun,
  tinySettings,
} from './testing/tiny-run.ts';
import type { TrainingRun } from './training-run.ts';

type Content = Map<string, Uint8Array<ArrayBuffer>>;

gpuSuite('resuming', (device) => {
  let saved: Content;
  let checkpoint: CheckpointLocation;

  beforeAll(async () => {
    saved = new Map();
    const settings = { ...tinySettings, steps: 3 };
    const outcome = await runTraining(
      await tinyRun(device(), { files: memoryFiles(saved), settings }),
    );
    disposeParams(outcome.params);
    checkpoint = outcome.checkpoint;
  });

  const resumed = async (changes: Partial<TrainingRun>, content: Content = new Map(saved)) => {
    const files = memoryFiles(content);
    return runTraining(await tinyRun(device(), { files, resumeFrom: checkpoint, ...changes }));
  };

  test('with another architecture', async () => {
    const model = createModel(tinyConfig({ numHiddenLayers: 2 }), device());
    await expect(resumed({ model })).rejects.toThrow(
      'resume: expected the architecture that the checkpoint was trained with, got another',
    );
  });

  test('with a vocabulary too small for the text', async () => {
    const model = createModel(tinyConfig({ vocabSize: 128 }), device());
    const run = await tinyRun(device(), { model });
    await expect(runTraining(run)).rejects.toThrow(
      'training: expected a model with a vocabulary of at least 256 for bytes tokens, got 128',
    );
  });

  test('with another text', async () => {
    const corpus = await tinyCorpus('Another text altogether, about geese. '.repeat(80));
    await expect(resumed({ corpus })).rejects.toThrow(
      /resume: expected the text that the run began with \(bytes tokens, hash [0-9a-f]{12}\), got another/,
    );
  });

  test('with changes that are accepted: each is said, and the run goes to its end', async () => {
    const corpus = await tinyCorpus('Another text altogether, about geese. '.repeat(80));
    const notes: string[] = [];
    const changed = { ...tinySettings, steps: 5, batchSize: 3, learningRate: 1e-3 };
    const outcome = await resumed({
      corpus,
      settings: changed,
      acceptChanges: { settings: true, corpus: true },
      onEvent: (event) => event.type === 'start' && notes.push(...event.notes),
    });
    disposeParams(outcome.params);
    expect(outcome).toMatchObject({ reason: 'finished', step: 5, tokens: 3 * 28 + 2 * 42 });
    expect(notes).toEqual([
      'Changed since the checkpoint: steps 3 → 5. From here on the learning rate follows the curve of the run of that length.',
      'Changed since the checkpoint: batchSize 2 → 3, learningRate 0.005 → 0.001. From here on the numbers are not those of a run that was made in one piece.',
      expect.stringMatching(/^The text is another than the run began with: /),
    ]);
  });

  test('from an earlier checkpoint: the later one is set aside, and can be gone on from', async () => {
    const content = new Map(saved);
    const files = memoryFiles(content);
    const notes: string[] = [];
    const settings = { ...tinySettings, checkpointEvery: 1, keepCheckpoints: 9 };
    const longer = await resumed({ files, settings: { ...settings, steps: 6 } }, content);
    disposeParams(longer.params);
    const before = content.get('run/metrics.jsonl');
    const stop = new AbortController();
    const back = await resumed({
      files,
      settings: { ...settings, steps: 6 },
      onEvent: (event) => {
        if (event.type === 'start') notes.push(...event.notes);
        if (event.type === 'step') stop.abort();
      },
      signal: stop.signal,
    });
    disposeParams(back.params);
    expect(back.reason).toBe('stopped');
    expect(notes).toEqual([
      expect.stringContaining('steps 3 → 6'),
      expect.stringMatching(
        /^Going back to step 3: later checkpoints are set aside, .*step-00000006\. To go on/,
      ),
    ]);
    expect((await listSetAside(files, 'run')).at(-1)?.step).toBe(6);
    const resumeFrom = await restoreSetAside(files, 'run', 6);
    expect(content.get('run/metrics.jsonl')).toEqual(before);
    const end = await resumed({ files, resumeFrom, settings: { ...settings, steps: 7 } });
    disposeParams(end.params);
    expect(end).toMatchObject({ reason: 'finished', step: 7 });
    expect(await listSetAside(files, 'run')).toEqual([]);
  });

  test('with another recipe, or fewer steps than were made', async () => {
    await expect(resumed({ settings: { ...tinySettings, seed: 43 } })).rejects.toThrow(
      'resume: expected the settings of the checkpoint, got others: seed 42 → 43.',
    );
    await expect(
      resumed({ settings: { ...tinySettings, steps: 2, warmupSteps: 0 } }),
    ).rejects.toThrow('resume: expected');
  });

  test.each([
    'config.json',
    'model.safetensors',
    'optimizer.safetensors',
    'trainer-state.json',
    MARKER_FILE,
  ])('with %s cut short', async (name) => {
    const content = new Map(saved);
    const path = `${checkpoint.folder}/${name}`;
    content.set(path, (content.get(path) as Uint8Array<ArrayBuffer>).slice(0, -20));
    await expect(resumed({}, content)).rejects.toThrow(`checkpoint: ${path} is damaged: expected`);
  });

  test('without optimizer, or without trainer state', async () => {
    const { folder } = checkpoint;
    for (const gone of ['optimizer.safetensors', 'trainer-state.json']) {
      const files = memoryFiles(new Map());
      const contents = Object.fromEntries(
        [...saved]
          .filter(([path]) => path.startsWith(`${folder}/`) && !path.endsWith(MARKER_FILE))
          .map(([path, bytes]) => [path.slice(folder.length + 1), bytes] as const)
          .filter(([name]) => name !== gone),
      );
      const resumeFrom = await writeCheckpoint(files, 'run', { step: 3, contents, keep: 1 });
      await expect(resumed({ files, resumeFrom })).rejects.toThrow(`expected ${gone} in`);
    }
  });

  test('with a state of another version', async () => {
    const files = memoryFiles(new Map());
    const contents = { 'trainer-state.json': encodeText('{"format": "vulpes-trainer-state-9"}') };
    const resumeFrom = await writeCheckpoint(files, 'run', { step: 3, contents, keep: 1 });
    await expect(resumed({ files, resumeFrom })).rejects.toThrow(
      'expected format vulpes-trainer-state-1, got "vulpes-trainer-state-9". It was saved by another version.',
    );
  });
});
