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
export type { ComparisonContext, Yardstick } from './compare.ts';
export { DeviceSlot } from './device-slot.ts';
export { count } from './format.ts';
export { checkOutput, type GateCheck, type GateReport } from './gate.ts';
export { forwardBackward } from './gradients.ts';
export { adapterName, type HostInfo, type MachineInfo } from './machine.ts';
export {
  markdownTables,
  markedTables,
  parseReport,
  tablesIn,
  withTables,
} from './markdown.ts';
export type { Measurement, NotMeasured } from './measurement.ts';
export { reportPage } from './page/report-page.ts';
export type { Peaks, Shares } from './peaks/shares.ts';
export { formatRefusals, type Refusal, refusalsOf } from './refusal.ts';
export {
  type CaseTime,
  caseTimes,
  formatRegressions,
  type PairedRounds,
  pairRounds,
  type Regression,
  slowerThan,
} from './regression.ts';
export {
  type BenchReport,
  type CaseReport,
  OURS,
  type Timing,
  type VariantReport,
  withRows,
} from './report.ts';
export { type RunSettings, roundsFor } from './rounds.ts';
export { type CaseRun, runCase } from './run-case.ts';
export {
  type BenchOptions,
  defaultSettings,
  type Progress,
  runCases,
} from './run-suites.ts';
export { type Summary, summarize } from './statistics.ts';
export { type SuiteName, suiteNames, suiteSentences, suites } from './suites/index.ts';
export { normals } from './suites/random.ts';
export { createState, disposeState, randomTokens } from './suites/training/state.ts';
export { formatCase, formatEnd } from './table.ts';
export type { OnPhase, Phase } from './time-contenders.ts';
export { wallMs } from './timer.ts';
