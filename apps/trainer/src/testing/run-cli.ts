// Runs the bundled command line as a user would: a process with arguments, output, signals and an exit code.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface CliResult {
  readonly code: number | null;
  /** What ended it, where there is no code. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param onLine - told of each line on stdout; may send signals to the child */
export async function runCli(
  script: string,
  args: readonly string[],
  onLine: (line: string, child: ChildProcess) => void = () => {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (stdout.slice(stdout.lastIndexOf('\n') + 1) + text).split('\n').slice(0, -1);
    stdout += text;
    for (const line of lines) onLine(line, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}
