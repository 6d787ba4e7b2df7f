// Rows of other runners in a report, and cases that a runner could not do.

import type { Summary } from '../clocks/statistics.ts';

/** One row: a case of ours as another runner did it. */
export interface Measurement {
  /** Id of our case. */
  readonly case: string;
  /** Of our variants the one that does the same work. */
  readonly variant: string;
  /** `tfjs-webgpu`, `pytorch` … */
  readonly runner: string;
  /** Wall clock: record, submit, run, wait. */
  readonly wallMs: Summary;
  /** By GPU timestamps, where the runner has them. */
  readonly gpuMs: Summary | null;
  /** Its time / ours by the wall clock, from rounds in which both took turns; absent where they did not. */
  readonly timeOverOurs?: Summary;
  /** What differs from our work, if anything: dtype, a composition instead of one kernel, another adapter … */
  readonly note?: string;
}

/** `left-out`: it could have run, but there was no time for it, or another case stands for it. */
export type NotMeasuredKind = 'left-out' | 'did-not-fit' | 'failed' | 'unsupported';

/** A case that a runner did not time, and why. */
export interface NotMeasured {
  readonly kind: NotMeasuredKind;
  readonly runner: string;
  readonly case: string;
  /** The reason alone; `kind` tells what came of it. */
  readonly why: string;
}
