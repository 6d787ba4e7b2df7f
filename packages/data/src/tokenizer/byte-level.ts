// How GPT-2 writes bytes as characters and cuts text into words, before any merge.

/** Bytes that stand for themselves in a vocabulary: the printable ones. The others follow, written as U+0100, U+0101, … */
const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

const allBytes = Array.from({ length: 256 }, (_, byte) => byte);
const hidden = allBytes.filter((byte) => !isPrintable(byte));

/** The order of the first 256 tokens. */
export const byteOrder: readonly number[] = [...allBytes.filter(isPrintable), ...hidden];

/** By byte: the character that stands for it in a vocabulary. */
export const byteCharacters: readonly string[] = allBytes.map((byte) =>
  String.fromCharCode(isPrintable(byte) ? byte : 0x100 + hidden.indexOf(byte)),
);

const bytesOfCharacters = new Map(byteCharacters.map((character, byte) => [character, byte]));

/** A token's bytes; null where it has a character that stands for none. */
export function tokenBytes(token: string): Uint8Array<ArrayBuffer> | null {
  const bytes = Array.from(token, (character) => bytesOfCharacters.get(character));
  return bytes.includes(undefined) ? null : Uint8Array.from(bytes as number[]);
}

/**
 * GPT-2's pattern. White space is Unicode's, as in the libraries that made the vocabularies: JavaScript's \s has U+FEFF, too, and lacks U+0085.
 * Every word is a match of its own, so that words can be encoded one by one.
 */
export const wordPattern = (): RegExp =>
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The tokenizer.json of a byte-level BPE: bytes, then what the merges make, then `<|endoftext|>`. @param merges - pairs of tokens, first merged first */
export function byteLevelJson(merges: readonly (readonly [string, string])[]): string {
  const tokens = [
    ...byteOrder.map((byte) => byteCharacters[byte] as string),
    ...merges.map(([left, right]) => left + right),
  ];
  const endOfText = { id: tokens.length, content: END_OF_TEXT, special: true };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ ...endOfText, ...flags }],
    normalizer: null,
    pre_tokenizer: { ...byteLevel, use_regex: true },
    post_processor: null,
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries([...tokens, END_OF_TEXT].map((token, id) => [token, id])),
      merges: merges.map((pair) => pair.join(' ')),
    },
  });
}

export const END_OF_TEXT = '<|endoftext|>';
