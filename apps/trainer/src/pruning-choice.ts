// --pruning and --log-pruning-tolerance: a new run takes them, a resumed run keeps those it began with.

import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import { UsageError } from '@vulpes/cli-kit';
import type { FoxConfig } from '@vulpes/lm-models';
import type { TrainOptions } from './options.ts';

type PruningOptions = Pick<TrainOptions, 'pruning' | 'logPruningTolerance'>;

/** The model with the pruning of the options, or as it is without them. @throws UsageError */
export function withPruning(model: FoxConfig, options: PruningOptions): FoxConfig {
  assertConsistent(options);
  const { pruning, logPruningTolerance } = options;
  if (pruning === undefined && logPruningTolerance === undefined) return model;
  if (pruning === 'none' || logPruningTolerance === 'off') {
    return { ...model, logPruningTolerance: null, pruningMode: 'paper' };
  }
  if (model.fgateType === 'none') {
    const option = pruning === undefined ? '--log-pruning-tolerance' : '--pruning';
    throw new UsageError(
      `${option}: the model has no forget gate, so nothing can be pruned; leave the option out.`,
    );
  }
  const preset = model.logPruningTolerance ?? DEFAULT_LOG_PRUNING_TOLERANCE;
  return {
    ...model,
    logPruningTolerance: logPruningTolerance ?? preset,
    pruningMode: pruning ?? model.pruningMode,
  };
}

function assertConsistent({ pruning, logPruningTolerance }: PruningOptions): void {
  if (pruning === undefined || logPruningTolerance === undefined) return;
  if ((pruning === 'none') === (logPruningTolerance === 'off')) return;
  throw new UsageError(
    `--pruning: expected "${pruning}" to go with --log-pruning-tolerance ${pruning === 'none' ? 'off' : '<x>'}, got ${logPruningTolerance}; leave one of the two out.`,
  );
}

/** @throws UsageError where a resumed run was started with other pruning */
export function assertSamePruning(model: FoxConfig, options: PruningOptions): void {
  const saved = {
    '--log-pruning-tolerance': model.logPruningTolerance ?? 'off',
    '--pruning': getPruning(model),
  };
  const given = {
    '--log-pruning-tolerance': options.logPruningTolerance,
    '--pruning': options.pruning,
  };
  for (const option of ['--log-pruning-tolerance', '--pruning'] as const) {
    if (given[option] === undefined || given[option] === saved[option]) continue;
    throw new UsageError(
      `${option}: the run was started with ${saved[option]}, got ${given[option]}; leave the option out, or start a new run.`,
    );
  }
}

/** "none", "paper" or "certified". */
const getPruning = ({ logPruningTolerance, pruningMode }: FoxConfig) =>
  logPruningTolerance === null ? 'none' : pruningMode;

/** For the lines of a run: "log ε = −10", and the mode where it is not the paper's. */
export const describePruning = ({ logPruningTolerance, pruningMode }: FoxConfig): string =>
  `log ε = ${logPruningTolerance}${pruningMode === 'paper' ? '' : `, ${pruningMode}`}`;
