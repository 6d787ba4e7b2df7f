// `prepare`: text to token shards, with progress; Ctrl-C leaves nothing behind.

import {
  abortOnSignal,
  formatBytes,
  formatInteger,
  formatPercent,
  InterruptedError,
  type Output,
  ProgressLine,
} from '@vulpes/cli-kit';
import { type Prepared, type PrepareProgress, prepareShards } from '@vulpes/data/node';
import type { PrepareCommandOptions } from './options.ts';

/** Between two lines of progress. */
const TERMINAL_MS = 200;
const PLAIN_MS = 5000;

/** @throws ArgumentError InterruptedError */
export async function prepare(
  paths: readonly string[],
  options: PrepareCommandOptions,
  output: Output,
): Promise<void> {
  const line = new ProgressLine(output);
  let received: NodeJS.Signals = 'SIGINT';
  const stop = abortOnSignal((signal) => {
    received = signal;
  });
  try {
    const onProgress = throttle((progress) => {
      const { bytes, totalBytes } = progress;
      line.update({ text: progressText(progress), done: bytes, total: totalBytes });
    }, output);
    const request = { ...options, paths, onProgress, signal: stop.signal };
    const prepared = await prepareShards(request);
    for (const text of summaryLines(prepared, options.out)) line.print(text);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new InterruptedError(received, 'Stopped. Nothing was written.');
  } finally {
    line.clear();
    stop.release();
  }
}

function throttle(
  show: (progress: PrepareProgress) => void,
  { isTTY }: Output,
): (progress: PrepareProgress) => void {
  let shownAt = performance.now();
  return (progress) => {
    if (performance.now() - shownAt < (isTTY ? TERMINAL_MS : PLAIN_MS)) return;
    shownAt = performance.now();
    show(progress);
  };
}

/** `writing tokens: 41% of 190.73 MiB | 21,340,111 tokens | 1,204 documents` */
function progressText({ phase, bytes, totalBytes, tokens, documents }: PrepareProgress): string {
  const read = `${phase}: ${formatPercent(bytes / totalBytes)} of ${formatBytes(totalBytes)}`;
  if (phase !== 'writing tokens') return read;
  return `${read} | ${formatInteger(tokens)} tokens | ${formatInteger(documents)} documents`;
}

function summaryLines({ manifest, notes }: Prepared, out: string): string[] {
  const { tokenizer, tokens, documents, shards, tokenBytes } = manifest;
  const files = `${formatInteger(shards.length)} ${shards.length === 1 ? 'shard' : 'shards'}`;
  return [
    ...notes.map((note) => `Note: ${note}`),
    `Tokenizer  ${tokenizer.name}, ${formatInteger(tokenizer.vocabSize)} tokens`,
    `Tokens     ${formatInteger(tokens)} of ${formatInteger(documents)} documents, ${formatBytes(tokens * tokenBytes)} in ${files}`,
    `Folder     ${out}`,
    `Train with:  npm run trainer -- train --data ${/[^\w./-]/.test(out) ? JSON.stringify(out) : out}`,
  ];
}
