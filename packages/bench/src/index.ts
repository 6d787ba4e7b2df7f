// Benchmarks that time only what is right: cases, the correctness check, GPU and wall time, the report.

export {
  type BenchCase,
  caseId,
  type Expectations,
  type Expected,
  type Variant,
  type Workload,
} from './case.ts';
export { assertSuiteNames, type CaseFilter, chooseCases } from './choose-cases.ts';
export { deviation } from './compare/deviation.ts';
export type { Exercise, OurWork } from './compare/exercise.ts';
export { chooseExercises } from './compare/exercises.ts';
export type { AttentionJob, Job, MatmulJob, TrainJob } from './compare/job.ts';
export { timeOurs } from './compare/our-clock.ts';
export { type InTurns, type Turn, takeTurns } from './compare/turns.ts';
export type { ComparisonContext, Yardstick } from './compare/yardstick.ts';
export { reportCharts, reportPage } from './page/report-page.ts';
export type { Progress } from './progress.ts';
export { compareReports, findSlower, formatComparison } from './report/compare-reports.ts';
export { formatFailedChecks, listFailedChecks } from './report/failed-checks.ts';
export { counted } from './report/format.ts';
export { adapterName } from './report/machine.ts';
export { markdownTables } from './report/markdown.ts';
export { markedTables, tablesIn, withTables } from './report/marked-tables.ts';
export { formatReason } from './report/not-measured.ts';
export { parseReport } from './report/parse-report.ts';
export { OURS, withRows } from './report/report.ts';
export { formatCase, formatEnd } from './report/table.ts';
export {
  type BenchOptions,
  defaultSettings,
  type RenewableDevice,
  runCases,
} from './run-cases.ts';
export type {
  BenchReport,
  CaseReport,
  Counts,
  Dims,
  HostInfo,
  Measurement,
  Mode,
  NotMeasured,
  Summary,
} from './schema.ts';
export { type SuiteName, suiteNames, suiteSentences } from './suites/index.ts';
export { normals } from './suites/random.ts';
export { summarize } from './timing/statistics.ts';
