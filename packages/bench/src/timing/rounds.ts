// How many timed runs a case gets. Pure.

/** How often a case is timed, and how warm it is. */
export interface RunSettings {
  /** Timed runs of each variant. */
  readonly runs: number;
  /** Seconds of work before the first timed run. */
  readonly warmSeconds: number;
  /** A case whose slowest variant takes more ms a run than this has fewer runs. */
  readonly longRunMs: number;
}

const MIN_RUNS = 5;

/** `runs`; where one run is long, as many as fit in the time of `runs` runs of `longRunMs`, at least 5. */
export function roundsFor({ runs, longRunMs }: RunSettings, runMs: number): number {
  if (runMs <= longRunMs) return runs;
  return Math.min(runs, Math.max(MIN_RUNS, Math.floor((runs * longRunMs) / runMs)));
}
