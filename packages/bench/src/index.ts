// Benchmarks that refuse to time what is wrong: cases, the gate, two clocks, the report.

export {
  type BenchCase,
  type Counts,
  caseId,
  type Dims,
  type Expectations,
  type Expected,
  formatDims,
  type Mode,
  type Variant,
  type Workload,
} from './case.ts';
export { checkOutput, type GateCheck, type GateReport, runGate } from './gate.ts';
export { adapterName, type HostInfo, type MachineInfo, machineInfo } from './machine.ts';
export {
  type BenchReport,
  buildReport,
  type CaseReport,
  REPORT_SCHEMA,
  type Timing,
  type VariantReport,
} from './report.ts';
export { type OnPhase, type Phase, type RunSettings, runCase } from './run-case.ts';
export {
  assertSuiteNames,
  type BenchOptions,
  defaultRuns,
  type Progress,
  runSuites,
} from './run-suites.ts';
export { quantile, type Summary, summarize } from './statistics.ts';
export { type SuiteName, suiteNames, suites } from './suites/index.ts';
export { formatCase, formatReport } from './table.ts';
export { type KernelTotal, kernelTimes, totalMs, totalsByLabel, wallMs } from './timer.ts';
