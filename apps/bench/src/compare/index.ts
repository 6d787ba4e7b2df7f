// The baselines of `--compare`, by name.

import type { RunBaseline } from '@vulpes/bench';
import { javascriptBaselines, type LibraryName, scriptNames } from './javascript.ts';
import { pytorchBaseline } from './pytorch.ts';

export { BaselineError } from './places.ts';
export { checkPytorch } from './pytorch.ts';

export const baselineNames = [...scriptNames, 'pytorch'] as const;
export type BaselineName = (typeof baselineNames)[number];

export interface BaselineOptions {
  /** Python that has PyTorch; default `python3`. */
  readonly python?: string | undefined;
  /** Checkout of the official Forgetting Transformer; null = its kernel and model are not measured. */
  readonly foxPath?: string | null | undefined;
}

export interface Baseline {
  /** For the report. */
  readonly name: string;
  readonly run: RunBaseline;
}

/** The baselines named, in that order; the JavaScript libraries together, case by case. */
export function createBaselines(
  names: readonly BaselineName[],
  options: BaselineOptions = {},
): Baseline[] {
  const libraries = names.filter((name): name is LibraryName => name !== 'pytorch');
  return names
    .filter((name) => name === 'pytorch' || name === libraries[0])
    .map((name) =>
      name === 'pytorch'
        ? { name, run: pytorchBaseline(options) }
        : { name: libraries.join(', '), run: javascriptBaselines(libraries) },
    );
}
