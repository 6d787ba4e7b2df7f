// Runs a script as a user would: arguments, output, signals and an exit code.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface CliResult {
  readonly code: number | null;
  /** What ended it, where there is no code. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Beside the variables of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called for each line on either stream; may send signals to the child. */
  readonly onLine?: (line: string, child: ChildProcess) => void;
  /** Sent once, when either stream has printed the text. */
  readonly signalAfter?: { readonly text: string; readonly signal: NodeJS.Signals };
}

export async function runProcess(
  script: string,
  args: readonly string[],
  { env = {}, cwd = process.cwd(), onLine = () => {}, signalAfter }: RunOptions = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, ...env },
  });
  let isSent = false;
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      const lastLine = printed[name].slice(printed[name].lastIndexOf('\n') + 1);
      printed[name] += text;
      for (const line of (lastLine + text).split('\n').slice(0, -1)) onLine(line, child);
      if (isSent || !signalAfter || !printed[name].includes(signalAfter.text)) return;
      isSent = child.kill(signalAfter.signal);
    });
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...printed };
}
