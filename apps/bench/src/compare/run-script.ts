// Runs a script of tools/comparisons, which prints a JSON object a line.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { errorLine } from '../error-line.ts';
import { BaselineError } from './places.ts';

interface Script {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** For its standard input. */
  readonly input?: string;
  /** Stopped where it prints nothing for so long. */
  readonly maxSilenceMs: number;
}

/** A process may print for hours; why it failed stands at the end. */
const MAX_CHARACTERS = 2 ** 16;

/**
 * @returns how it failed, in a sentence; null where it ended well
 * @throws BaselineError where the command does not start
 */
export function runScript<Line extends { readonly type: string }>(
  { command, args, env = process.env, input = '', maxSilenceMs }: Script,
  onLine: (line: Line) => void,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_CHARACTERS);
    });
    let isSilent = false;
    child.stdin.on('error', () => {}); // it ended before it read: its exit code says why
    child.stdin.end(input);
    const silence = setTimeout(() => {
      isSilent = true;
      child.kill('SIGKILL');
    }, maxSilenceMs);
    createInterface({ input: child.stdout }).on('line', (text) => {
      silence.refresh();
      const line = parseLine(text);
      if (line) onLine(line as Line);
    });
    child.once('error', (cause) => {
      clearTimeout(silence);
      reject(new BaselineError(`${command} does not start (${cause.message})`, { cause }));
    });
    child.once('close', (code, signal) => {
      clearTimeout(silence);
      if (code === 0) return resolve(null);
      const why = isSilent ? `it printed nothing for ${maxSilenceMs / 1000} s` : errorLine(stderr);
      resolve(`the script ended with ${code ?? signal}: ${why}`);
    });
  });
}

/** Null for what libraries print between our lines. */
function parseLine(text: string): { readonly type: string } | null {
  try {
    const line = JSON.parse(text) as { type?: unknown } | null;
    return typeof line?.type === 'string' ? (line as { type: string }) : null;
  } catch {
    return null;
  }
}
