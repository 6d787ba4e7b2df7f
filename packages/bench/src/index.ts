// Benchmarks that time only what is right: cases, the correctness check, GPU and wall time, the report.

export {
  type BenchCase,
  caseId,
  type Expectations,
  type Expected,
  type Variant,
  type Workload,
} from './case.ts';
export { checkOutput } from './check.ts';
export { type CaseFilter, chooseCases } from './choose-cases.ts';
export { chooseComparedCases } from './compare/choose-cases.ts';
export { compareTimes, timeOurs } from './compare/time-ours.ts';
export type {
  BaselineContext,
  BaselineWorkload,
  ComparedCase,
  Comparison,
  NamedArray,
  RunBaseline,
} from './compare/workload.ts';
export { reportCharts, reportPage } from './page/report-page.ts';
export { compareReports } from './report/compare-reports.ts';
export { formatWrongOutputs } from './report/failed-checks.ts';
export { counted } from './report/format.ts';
export { adapterName } from './report/machine.ts';
export { reportMarkdown } from './report/markdown.ts';
export { formatReason } from './report/not-measured.ts';
export { parseReport } from './report/parse-report.ts';
export { OURS } from './report/report.ts';
export { formatCase, formatEnd } from './report/table.ts';
export {
  type BenchOptions,
  defaultSettings,
  type Progress,
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
