// @vulpes/cli-kit/testing: runs a command line from source in a process of its own.

export { bundleCli, type CliBundle } from './bundle-cli.ts';
export { type CliResult, type RunOptions, runProcess } from './run-process.ts';
