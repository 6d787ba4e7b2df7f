// What the JavaScript peers are asked to do, by what the adapter can do in reasonable time.

import type { DeviceCaps } from '@vulpes/tensor-core';
import { attentionExercise } from './attention-exercise.ts';
import type { Exercise } from './exercise.ts';
import { matmulExercise } from './matmul-exercise.ts';
import { trainExercise } from './train-exercise.ts';

const attention = (lengths: readonly number[], heads: number, caps: DeviceCaps): Exercise[] =>
  lengths.flatMap((length) =>
    [false, true].map((isBackward) =>
      attentionExercise({ batch: 1, length, heads, headDim: 64, isBackward }, caps),
    ),
  );

const software = (caps: DeviceCaps): Exercise[] => [
  matmulExercise(256),
  ...attention([256], 3, caps),
  trainExercise({ preset: 'llama-nano', batch: 1, length: 128 }),
];

const hardware = (caps: DeviceCaps): Exercise[] => [
  matmulExercise(2048),
  matmulExercise(4096),
  ...attention([2048], 12, caps),
  trainExercise({ preset: 'llama-small', batch: 8, length: 512 }),
  trainExercise({ preset: 'llama-125m', batch: 2, length: 1024 }),
];

/** @param suites only what belongs to these */
export const exercises = (caps: DeviceCaps, suites: ReadonlySet<string>): Exercise[] =>
  (caps.isSoftware ? software(caps) : hardware(caps)).filter(({ suite }) => suites.has(suite));
