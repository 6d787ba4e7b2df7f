// What the JavaScript peers are asked to do, by what the adapter can do in reasonable time.

import type { DeviceCaps } from '@vulpes/tensor-core';
import { attentionExercise } from './attention-exercise.ts';
import type { Exercise } from './exercise.ts';
import { matmulExercise } from './matmul-exercise.ts';
import { trainExercise } from './train-exercise.ts';

const attention = (batch: number, length: number, heads: number): Exercise[] =>
  [false, true].map((isBackward) =>
    attentionExercise({ batch, length, heads, headDim: 64, isBackward }),
  );

export function exercises({ isSoftware }: Pick<DeviceCaps, 'isSoftware'>): Exercise[] {
  if (isSoftware) {
    return [
      matmulExercise(256),
      ...attention(1, 256, 2),
      trainExercise({ preset: 'llama-nano', batch: 1, length: 128 }),
    ];
  }
  return [
    matmulExercise(2048),
    matmulExercise(4096),
    ...attention(1, 1024, 12),
    ...attention(1, 4096, 12),
    trainExercise({ preset: 'llama-small', batch: 8, length: 512 }),
    trainExercise({ preset: 'llama-125m', batch: 4, length: 1024 }),
  ];
}
