// Documents in pieces that fit in memory.

/** A document, or a part of a long one. */
export interface Piece {
  /** The file it is from. */
  readonly name: string;
  /** False for the parts of a long document after its first. */
  readonly isStart: boolean;
  /** Text; or bytes, where they are taken as they are. */
  readonly content: string | Uint8Array;
}

/** Longer documents are cut. In characters. */
export const PIECE_LENGTH = 2 ** 22;

/** A text file as one document. An empty one has no piece. */
export async function* textPieces(
  texts: AsyncIterable<string>,
  { name, pieceLength = PIECE_LENGTH }: { name: string; pieceLength?: number },
): AsyncGenerator<Piece> {
  let held = '';
  let isStart = true;
  for await (const text of texts) {
    held += text;
    while (held.length > pieceLength) {
      const cut = findCut(held, pieceLength);
      yield { name, isStart, content: held.slice(0, cut) };
      isStart = false;
      held = held.slice(cut);
    }
  }
  if (held !== '') yield { name, isStart, content: held };
}

/** Short enough for a step back that is not noticed, long enough for any word. */
const SEARCHED = 4096;

/**
 * The last place before `length` where a space follows a letter and precedes another: tokenizers of the GPT kind begin a word there,
 * so the tokens are those of the whole text. Without one: anywhere but within a character.
 */
function findCut(text: string, length: number): number {
  const from = length - Math.min(SEARCHED, length - 1);
  const matches = [...text.slice(from - 1, length + 1).matchAll(/(?<=\p{L}) (?=\p{L})/gu)];
  const last = matches.at(-1);
  if (last) return from - 1 + last.index;
  const code = text.charCodeAt(length);
  return code >= 0xdc00 && code <= 0xdfff ? length - 1 : length;
}

/** Bytes as they are, as one document. */
export async function* bytePieces(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Piece> {
  let isStart = true;
  for await (const content of chunks) {
    if (content.length === 0) continue;
    yield { name, isStart, content };
    isStart = false;
  }
}
