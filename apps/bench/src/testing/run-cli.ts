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

/** @param onText - told of all that was printed so far on both streams; may send signals to the child */
export async function runCli(
  main: string,
  args: readonly string[],
  onText: (text: string, child: ChildProcess) => void = () => {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
      onText(printed.stdout + printed.stderr, child);
    });
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...printed };
}
