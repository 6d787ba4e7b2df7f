// Rows of other runners in a report, and cases that a runner could not do.

import type { Summary } from '../clocks/statistics.ts';

/** One row: a case of ours as another runner did it. */
export interface Measurement {
  readonly suite: string;
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

/** A case that a runner could not do, and why, in a sentence. */
export interface NotMeasured {
  readonly runner: string;
  readonly case: string;
  readonly why: string;
}
