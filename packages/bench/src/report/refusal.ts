// What the correctness gate found wrong: a report with one such output is refused as a whole.

import type { GateReport } from '../gate.ts';

/** An output that is not what its f64 reference says. */
export interface Refusal {
  readonly case: string;
  readonly variant: string;
  /** Null where the twin named no output, so that nothing was checked. */
  readonly output: string | null;
  /** RMS(actual − expected) / RMS(expected); null where it is not a number, or the sizes differ. */
  readonly rmsErrorRatio: number | null;
  readonly bound: number | null;
}

interface CheckedCase {
  readonly id: string;
  readonly variants: readonly { readonly name: string; readonly gate: GateReport }[];
}

/** Every output that is off, in the order of the cases. */
export const refusalsOf = (cases: readonly CheckedCase[]): Refusal[] =>
  cases.flatMap(({ id, variants }) =>
    variants.flatMap(({ name, gate }) => {
      if (gate.isOk) return [];
      const wrong = gate.checks.filter((check) => !check.isOk);
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

/** `matmul/forward M64 nn: y differs from its f64 reference by 3.3e-1 (RMS error ratio; bound 0.00001)`, and the others. */
export function formatRefusals(refused: readonly Refusal[]): string {
  const named = refused.slice(0, MAX_NAMED).map(formatRefusal);
  const others = refused.length - named.length;
  return [...named, ...(others > 0 ? [`${others} more in "refused" of the report`] : [])].join(
    '; ',
  );
}

function formatRefusal({ case: id, variant, output, rmsErrorRatio, bound }: Refusal): string {
  const where = `${id} ${variant}`;
  if (output === null) return `${where}: its f64 reference names no output, so nothing was checked`;
  return rmsErrorRatio === null
    ? `${where}: ${output} cannot be compared with its f64 reference (missing, not finite, or of another length; bound ${bound})`
    : `${where}: ${output} differs from its f64 reference by ${rmsErrorRatio.toExponential(1)} (RMS error ratio; bound ${bound})`;
}
