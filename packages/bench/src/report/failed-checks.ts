// Outputs that differ from their f64 reference. One of them makes the whole report invalid.

import type { CheckReport, FailedCheck } from '../schema.ts';

interface CheckedCase {
  readonly id: string;
  readonly variants: readonly { readonly name: string; readonly check: CheckReport }[];
}

/** Every wrong output, in the order of the cases. */
export const listFailedChecks = (cases: readonly CheckedCase[]): FailedCheck[] =>
  cases.flatMap(({ id, variants }) =>
    variants.flatMap(({ name, check }) => {
      if (check.isOk) return [];
      const wrong = check.outputs.filter(({ isOk }) => !isOk);
      const nothing = { output: null, rmsErrorRatio: null, bound: null };
      return (wrong.length > 0 ? wrong : [nothing]).map(({ output, rmsErrorRatio, bound }) => ({
        case: id,
        variant: name,
        output,
        rmsErrorRatio,
        bound,
      }));
    }),
  );

/** More than these are in the report. */
const MAX_NAMED = 3;

/** `matmul/forward M64 nn: y differs from its f64 reference by 3.3e-1 (RMS error ratio; bound 0.00001)` */
export function formatFailedChecks(failed: readonly FailedCheck[]): string {
  const lines = failed.slice(0, MAX_NAMED).map(formatFailedCheck);
  const others = failed.length - lines.length;
  if (others > 0) lines.push(`${others} more in "failedChecks" of the report`);
  return lines.join('; ');
}

function formatFailedCheck({
  case: id,
  variant,
  output,
  rmsErrorRatio,
  bound,
}: FailedCheck): string {
  const where = `${id} ${variant}`;
  if (output === null) return `${where}: its f64 reference names no output, so nothing was checked`;
  return rmsErrorRatio === null
    ? `${where}: ${output} cannot be compared with its f64 reference (missing, not finite, or of another length; bound ${bound})`
    : `${where}: ${output} differs from its f64 reference by ${rmsErrorRatio.toExponential(1)} (RMS error ratio; bound ${bound})`;
}
