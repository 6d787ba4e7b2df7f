// @vulpes/cli-kit: what the command line apps share. Node only.

export { describeAdapter, getAdapterName } from './adapter.ts';
export { addHints, FileError, getHints, InterruptedError, UsageError } from './errors.ts';
export { describeFileError } from './file-errors.ts';
export {
  formatBytes,
  formatCount,
  formatDuration,
  formatInteger,
  formatPercent,
} from './format.ts';
export { isOutputLost, surviveLostOutput } from './lost-output.ts';
export { explain, getFileSize, nodeFiles } from './node-files.ts';
export * from './option-parsers.ts';
export { toPrintable } from './printable.ts';
export { type Output, ProgressLine, type ProgressState } from './progress-line.ts';
export { RenewableDevice } from './renewable-device.ts';
export { reportError, runCli, toPlainText } from './run-cli.ts';
export { abortOnSignal, endOnSignal, type StopRequest } from './stop-signals.ts';
