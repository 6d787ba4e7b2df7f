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

/** Whether runs are so long that a case gets fewer, each with GPU and wall time at once. */
export const isLong = ({ longRunMs }: RunSettings, runMs: number): boolean => runMs > longRunMs;

/** `runs`; where one run is long, as many as fit in the time of `runs` runs of `longRunMs`, at least 5. */
export function roundsFor(settings: RunSettings, runMs: number): number {
  const { runs, longRunMs } = settings;
  if (!isLong(settings, runMs)) return runs;
  return Math.min(runs, Math.max(MIN_RUNS, Math.floor((runs * longRunMs) / runMs)));
}
