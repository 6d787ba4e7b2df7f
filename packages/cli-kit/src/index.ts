// @vulpes/cli-kit: what the command line apps share. Node only.

export { describeAdapter, getAdapterName } from './adapter.ts';
export { InterruptedError, UsageError } from './errors.ts';
export {
  formatBytes,
  formatCount,
  formatDuration,
  formatInteger,
  formatPercent,
} from './format.ts';
export { describeFileError, getFileSize, nodeFiles } from './node-files.ts';
export * from './option-parsers.ts';
export { type Output, ProgressLine, type ProgressState } from './progress-line.ts';
export { RenewableDevice } from './renewable-device.ts';
export { ignoreEpipe, reportError, runCli } from './run-cli.ts';
export { abortOnSignal, endOnSignal, type StopRequest } from './stop-signals.ts';
