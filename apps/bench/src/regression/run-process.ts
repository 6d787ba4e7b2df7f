// A child process from its start to its end, with what it printed.

import { spawn } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly cwd: string;
  /** Ends the process by SIGTERM. */
  readonly stop: AbortSignal;
}

/** @throws the reason of `stop`, once the process has ended for it; Node's error where it does not start */
export function runProcess(
  command: string,
  args: readonly string[],
  { cwd, stop }: Options,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    stop.throwIfAborted();
    const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env: childEnvironment(), stdio });
    const end = (): void => void child.kill('SIGTERM');
    stop.addEventListener('abort', end);
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        printed[name] += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      stop.removeEventListener('abort', end);
      if (stop.aborted) reject(stop.reason);
      else resolve({ code, ...printed });
    });
  });
}

/** Variables of npm tell a launcher where the user is: for a child, that is its own folder. */
function childEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$)/.test(name));
  return Object.fromEntries(own);
}
