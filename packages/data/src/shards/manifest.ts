// manifest.json: what a folder of token shards holds.

import { ArgumentError } from '@vulpes/tensor-core';
import * as v from 'valibot';

export const MANIFEST_FILE = 'manifest.json';
export const TOKENIZER_FILE = 'tokenizer.json';
const FORMAT = 'vulpes-tokens-1';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
/** In the folder, never outside. */
const fileName = v.pipe(v.string(), v.regex(/^[\w.-]+$/));

const fileSchema = v.object({ file: fileName, sha256 });

const schema = v.object({
  format: v.literal(FORMAT),
  tokenizer: v.object({
    name: v.string(),
    vocabSize: v.pipe(count, v.minValue(1)),
    /** Absent for bytes. */
    json: v.nullable(fileSchema),
  }),
  /** Bytes of a token, little-endian. */
  tokenBytes: v.picklist([1, 2, 4]),
  tokens: count,
  documents: count,
  shards: v.array(
    v.object({
      ...fileSchema.entries,
      tokens: count,
      documents: count,
      /** u32, little-endian: the first token of each document that begins in the shard. */
      starts: fileSchema,
    }),
  ),
  /** What was read, for people. */
  sources: v.array(v.string()),
});

export type Manifest = v.InferOutput<typeof schema>;
export type ShardEntry = Manifest['shards'][number];

export const makeManifest = (fields: Omit<Manifest, 'format'>): string =>
  `${JSON.stringify({ format: FORMAT, ...fields }, null, 2)}\n`;

/** @param what - the file, for messages. @throws ArgumentError */
export function parseManifest(text: string, what: string): Manifest {
  const result = v.safeParse(schema, parseJson(text, what), { abortEarly: true });
  if (!result.success) {
    const field = v.getDotPath(result.issues[0]) ?? 'content';
    const remedy =
      field === 'format'
        ? 'It is of another version, or no folder of token shards.'
        : 'It was changed by hand or is damaged.';
    throw new ArgumentError(
      `${what}: expected a manifest of format ${FORMAT}, got one whose field "${field}" does not fit. ${remedy} Make the folder again with prepare.`,
    );
  }
  const manifest = result.output;
  const sum = (name: 'tokens' | 'documents') =>
    manifest.shards.reduce((total, shard) => total + shard[name], 0);
  if (sum('tokens') === manifest.tokens && sum('documents') === manifest.documents) return manifest;
  throw new ArgumentError(
    `${what}: expected shards of ${manifest.tokens} tokens in all, got ${sum('tokens')}. It was changed by hand or is damaged. Make the folder again with prepare.`,
  );
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ArgumentError(
      `${what}: expected JSON, got other text. Make the folder again with prepare.`,
    );
  }
}
