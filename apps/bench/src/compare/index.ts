// The baselines of `--compare`, by name.

import type { RunBaseline } from '@vulpes/bench';
import { javascriptBaselines, type LibraryName, scriptNames } from './javascript.ts';
import { type PytorchOptions, pytorchBaseline } from './pytorch.ts';

export { BaselineError } from './places.ts';
export { checkPytorch } from './pytorch.ts';

export const baselineNames = [...scriptNames, 'pytorch'] as const;
export type BaselineName = (typeof baselineNames)[number];

export interface Baseline {
  /** For the report. */
  readonly name: string;
  readonly run: RunBaseline;
}

/** The baselines named, in that order; the JavaScript libraries together, case by case. */
export function createBaselines(
  names: readonly BaselineName[],
  options: PytorchOptions = {},
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
