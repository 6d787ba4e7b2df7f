// The check of labels that are still on the host; on the GPU a wrong one can only turn into NaN.

import { ArgumentError } from '@vulpes/tensor-core';

/** @throws ArgumentError naming the first label that is neither a word of the vocabulary nor `ignoreIndex`. */
export function assertLabels(labels: Int32Array, vocab: number, ignoreIndex = -100): void {
  const wrong = labels.findIndex((label) => label !== ignoreIndex && (label < 0 || label >= vocab));
  if (wrong < 0) return;
  throw new ArgumentError(
    `linearCrossEntropy: expected labels from 0 to ${vocab - 1}, or ${ignoreIndex} to ignore a row, got ${labels[wrong]} at index ${wrong}. Check the tokenizer against the model's vocabulary.`,
  );
}
