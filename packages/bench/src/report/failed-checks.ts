// Variants whose outputs differ from their f64 reference. One of them makes the whole report invalid.

import type { CaseReport, OutputCheck } from '../schema.ts';

/** `y 3.3e-1 > 0.00001, z not comparable > 0.001`: RMS error ratios and bounds of the wrong ones; empty without any. */
export const formatWrongOutputs = (outputs: readonly OutputCheck[]): string =>
  outputs
    .filter(({ isOk }) => !isOk)
    .map(({ output, rmsErrorRatio, bound }) => {
      return `${output} ${rmsErrorRatio?.toExponential(1) ?? 'not comparable'} > ${bound}`;
    })
    .join(', ');

export const formatFailedCheck = ({ outputs }: { outputs: readonly OutputCheck[] }): string =>
  formatWrongOutputs(outputs) || 'nothing was checked';

/** `matmul/forward M64 nn: y 3.3e-1 > 0.00001`: every wrong variant, in the order of the cases. */
export const listFailedChecks = (cases: readonly CaseReport[]): string[] =>
  cases.flatMap(({ id, variants }) =>
    variants
      .filter(({ check }) => !check.isOk)
      .map(({ name, check }) => `${id} ${name}: ${formatFailedCheck(check)}`),
  );
