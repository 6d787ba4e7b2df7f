// Runs the bundled command line as a user would: a process with arguments, output, signals and an exit code.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface CliResult {
  readonly code: number | null;
  /** What ended it, where there is no code. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface SignalAt {
  readonly signal: NodeJS.Signals;
  /** What has to be printed on either stream before it is sent, once. */
  readonly after: string;
}

export async function runCli(
  main: string,
  args: readonly string[],
  at: SignalAt | null = null,
  env: Readonly<Record<string, string>> = {},
  cwd: string = process.cwd(),
): Promise<CliResult> {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, ...env },
  });
  let isSent = at === null;
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
      if (isSent || !at || !printed[name].includes(at.after)) return;
      isSent = child.kill(at.signal);
    });
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...printed };
}
