// Needle in a haystack: a sentence somewhere in a long text, and a question about it at the end. Needle, question and where they stand are
// those of the official evaluation (eval/niah of zhixuan-lin/forgetting-transformer); the haystack is held-out text. Pure.

import type { Tokenizer } from '@vulpes/data';

/** `standard`: the needle is the answer. `easy`: it is question and answer, word by word as they are asked for. */
export const needleModes = ['easy', 'standard'] as const;
export type NeedleMode = (typeof needleModes)[number];

const QUESTION = 'What is the best thing to do in San Francisco?';
const ANSWER_START = 'The best thing to do in San Francisco is';
const ANSWER = ' eat a sandwich and sit in Dolores Park on a sunny day.';
const NEEDLES: Readonly<Record<NeedleMode, string>> = {
  easy: `\n${QUESTION} Answer: ${ANSWER_START}${ANSWER}\n`,
  standard: `\n${ANSWER_START}${ANSWER}\n`,
};
const PROMPT_END = `\n\nThere is an important piece of information hidden inside the above document. Now that you've read the document, I will quiz you about it. Answer the following question: ${QUESTION} Answer: ${ANSWER_START}`;

export interface NeedleTest {
  /** Haystack with the needle, and the question. */
  readonly prompt: Int32Array<ArrayBuffer>;
  readonly answer: Int32Array<ArrayBuffer>;
}

export interface NeedlePlace {
  readonly mode: NeedleMode;
  /** Tokens of prompt and answer. */
  readonly length: number;
  /** Share of the haystack before the needle, 0 to 1; null: the haystack has no needle. */
  readonly depth: number | null;
}

/** Tokens that a test takes without any haystack. */
export function leastNeedleLength(tokenizer: Tokenizer): number {
  const texts = [NEEDLES.easy, PROMPT_END, ANSWER];
  return texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
}

/** @param haystack - at least as many tokens as the test has */
export function makeNeedleTest(
  tokenizer: Tokenizer,
  haystack: ArrayLike<number>,
  { mode, length, depth }: NeedlePlace,
): NeedleTest {
  const encode = (text: string) => Array.from(tokenizer.encode(text));
  const [needle, end, answer] = [NEEDLES[mode], PROMPT_END, ANSWER].map(encode) as [
    number[],
    number[],
    number[],
  ];
  const room = length - needle.length - end.length - answer.length;
  const hay = Array.from(haystack).slice(0, depth === null ? room + needle.length : room);
  const at = depth === null ? hay.length : findPlace(tokenizer, hay, depth);
  const middle = depth === null ? [] : needle;
  return {
    prompt: Int32Array.from([...hay.slice(0, at), ...middle, ...hay.slice(at), ...end]),
    answer: Int32Array.from(answer),
  };
}

/** Behind the nearest end of a sentence before the depth; at the very end for 1. */
function findPlace(tokenizer: Tokenizer, hay: readonly number[], depth: number): number {
  if (depth >= 1) return hay.length;
  const period = tokenizer.encode('.')[0];
  let at = Math.floor(hay.length * depth);
  while (at > 0 && hay[at - 1] !== period) at--;
  return at;
}

/** `count` whole numbers from the first to the last, evenly spread. */
export const spread = (first: number, last: number, count: number): number[] =>
  count === 1
    ? [last]
    : Array.from({ length: count }, (_, i) =>
        Math.round(first + (i * (last - first)) / (count - 1)),
      );
