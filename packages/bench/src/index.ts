// Benchmarks that refuse to time what is wrong: cases, the gate, two clocks, the report.

export {
  type BenchCase,
  type Counts,
  caseId,
  type Dims,
  type Expectations,
  type Expected,
  type Mode,
  type Variant,
  type Workload,
} from './case.ts';
export { assertSuiteNames, type CaseFilter, chooseCases } from './choose-cases.ts';
export { type Summary, summarize } from './clocks/statistics.ts';
export { deviation } from './compare/deviation.ts';
export type { Exercise, OurWork } from './compare/exercise.ts';
export { chooseExercises } from './compare/exercises.ts';
export type { AttentionJob, Job, MatmulJob, TrainJob } from './compare/job.ts';
export { timeOurs } from './compare/our-clock.ts';
export { type InTurns, type Turn, takeTurns } from './compare/turns.ts';
export type { ComparisonContext, Yardstick } from './compare/yardstick.ts';
export { DeviceSlot } from './device-slot.ts';
export { reportCharts, reportPage } from './page/report-page.ts';
export type { Progress } from './progress.ts';
export { compareReports, findSlower, formatComparison } from './report/compare-reports.ts';
export { counted } from './report/format.ts';
export { adapterName, type HostInfo } from './report/machine.ts';
export { markdownTables } from './report/markdown.ts';
export { markedTables, tablesIn, withTables } from './report/marked-tables.ts';
export type { Measurement, NotMeasured } from './report/measurement.ts';
export { reasonOf } from './report/missing.ts';
export { parseReport, withKind } from './report/parse-report.ts';
export { formatRefusals, refusalsOf } from './report/refusal.ts';
export {
  type BenchReport,
  type CaseReport,
  OURS,
  withRows,
} from './report/report.ts';
export { formatCase, formatEnd } from './report/table.ts';
export {
  type BenchOptions,
  defaultSettings,
  runCases,
} from './run-suites.ts';
export { type SuiteName, suiteNames, suiteSentences } from './suites/index.ts';
export { normals } from './suites/random.ts';
