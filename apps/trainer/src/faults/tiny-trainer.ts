// The command line on the smallest model there is: for tests that start it hundreds of times.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listCheckpoints, readMetrics } from '@vulpes/training';
import { syncedFiles } from '../synced-files.ts';

export const STEPS = 40;

/** Parts of FoX (Pro) that would only be more kernels to compile at each start. */
const WITHOUT = ['useOutputGate', 'useOutputNorm', 'qkNorm', 'useKShift', 'useVShift'];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class TinyTrainer {
  readonly #script: string;
  readonly scratch: string;
  readonly #text: string;

  private constructor(script: string, scratch: string, text: string) {
    this.#script = script;
    this.scratch = scratch;
    this.#text = text;
  }

  /** @param script - main.ts, bundled @param scratch - an empty folder */
  static async create(script: string, scratch: string): Promise<TinyTrainer> {
    await mkdir(scratch, { recursive: true });
    const text = join(scratch, 'foxes.txt');
    await writeFile(text, 'The quick brown fox jumps over the lazy dog. '.repeat(90));
    return new TinyTrainer(script, scratch, text);
  }

  newRun(out: string, more: readonly string[] = []): string[] {
    const options = `train --preset smoke --steps ${STEPS} --warmup 4 --context 8 --batch 1 --eval-every 1000 --eval-sequences 1 --sample-tokens 0 --pruning none --checkpoint-every 2`;
    const model = `model.numHiddenLayers=1 model.hiddenSize=16 model.numHeads=1 model.intermediateSize=16 ${WITHOUT.map((part) => `model.${part}=false`).join(' ')}`;
    return [
      ...options.split(' '),
      '--data',
      this.#text,
      '--out',
      out,
      ...more,
      ...model.split(' '),
    ];
  }

  resume(run: string): string[] {
    return ['train', '--resume', run, '--sample-tokens', '0'];
  }

  start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(process.execPath, [this.#script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.scratch,
    });
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (part: string) => {
        printed[name] += part;
      });
    }
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...printed }));
    return { child, ended };
  }

  run(args: readonly string[]): Promise<Ended> {
    return this.start(args).ended;
  }
}

/** Resolves when a child has printed a text; false when it ended before. */
export function printedBy(child: ChildProcess, text: string): Promise<boolean> {
  let seen = '';
  return new Promise((resolve) => {
    child.stdout?.on('data', (part: string) => {
      seen += part;
      if (seen.includes(text)) resolve(true);
    });
    child.once('close', () => resolve(false));
  });
}

/** All that two runs of the same numbers have in common, bit for bit: the files of the last checkpoint, and the metrics without their times. */
export async function fingerprint(run: string): Promise<Record<string, string>> {
  const last = (await listCheckpoints(syncedFiles, run)).at(-1);
  if (!last) return { step: 'none' };
  const read = async (name: string) => (await readFile(join(last.folder, name))).toString('base64');
  const { metrics, badLines } = await readMetrics(syncedFiles, run);
  const history = metrics.map((line) =>
    line.type === 'step'
      ? [line.step, line.tokens, line.loss, line.gradNorm, line.learningRate]
      : [line.step, line.heldOutLoss],
  );
  return {
    step: String(last.step),
    weights: await read('model.safetensors'),
    optimizer: await read('optimizer.safetensors'),
    config: await read('config.json'),
    history: JSON.stringify(history),
    badLines: String(badLines.length),
  };
}

/** What differs, by name. */
export const differences = (a: Record<string, string>, b: Record<string, string>): string[] =>
  Object.keys({ ...a, ...b }).filter((name) => a[name] !== b[name]);
