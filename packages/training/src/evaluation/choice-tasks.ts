// Tasks with four answers, of which the likeliest is taken: what a model has picked up from the text before it. Pure.

import type { Tokenizer } from '@vulpes/data';
import type { CounterRng } from '@vulpes/tensor-core';

export const CHOICES = 4;

export interface ChoiceExample {
  readonly context: readonly number[];
  /** Of which the first is right. All as long, so that they are compared by the sum of their losses. */
  readonly answers: readonly (readonly number[])[];
}

export interface ChoiceTask {
  readonly name: string;
  /** One line for the report. */
  readonly summary: string;
  make(rng: CounterRng): ChoiceExample;
}

/** Words of four letters, so that answers have one length in bytes. */
const WORDS =
  'bird blue boat book cake coal corn dark desk door drum farm fish gold hand hill home iron king lake lamp leaf milk moon nest open path rain ring road rock rose salt ship snow song star tree wind wood'.split(
    ' ',
  );

/** @param heldOut - tokens that the model was not trained on, for the task of continuations; @param context - tokens that it was trained on */
export function choiceTasks(
  tokenizer: Tokenizer,
  heldOut: ArrayLike<number>,
  context: number,
): ChoiceTask[] {
  const encode = (text: string) => Array.from(tokenizer.encode(text));
  const asked = (text: string, answers: readonly string[]): ChoiceExample =>
    toExample(encode, text, answers);
  return [
    {
      name: 'recall',
      summary:
        'eight pairs of words, then the first word of one of them: its second, among those of the others',
      make: (rng) => {
        const words = drawWords(rng, 16);
        const pairs = Array.from(
          { length: 8 },
          (_, i) => [words[2 * i], words[2 * i + 1]] as const,
        );
        const [right, ...others] = shuffled(rng, pairs);
        const text = pairs.map(([key, value]) => `${key} is ${value}.`).join(' ');
        const answers = [right, ...others].slice(0, CHOICES).map((pair) => ` ${pair?.[1]}`);
        return asked(`${text} ${right?.[0]} is`, answers);
      },
    },
    {
      name: 'copy',
      summary: 'eight words, and again the first seven of them: the eighth, among the others',
      make: (rng) => {
        const words = drawWords(rng, 8);
        const text = words.join(' ');
        const [last, ...others] = [words[7] as string, ...words.slice(0, 3)];
        return asked(
          `${text}. ${words.slice(0, 7).join(' ')}`,
          [last, ...others].map((word) => ` ${word}`),
        );
      },
    },
    {
      name: 'induction',
      summary:
        'random words, the last of which was there before: what followed it then, among words of the text',
      make: (rng) => {
        const words = drawWords(rng, 20);
        const at = 2 + Math.floor(rng.uniform() * 12);
        const [next, ...others] = [words[at + 1] as string, ...words.slice(15, 18)];
        return asked(
          `${words.join(' ')} ${words[at]}`,
          [next, ...others].map((word) => ` ${word}`),
        );
      },
    },
    continuationTask(heldOut, context),
  ];
}

/** How a piece of held-out text goes on, among pieces from elsewhere. */
function continuationTask(heldOut: ArrayLike<number>, context: number): ChoiceTask {
  const answer = 16;
  const given = Math.max(answer, Math.min(128, context - answer));
  const piece = (at: number, length: number) =>
    Array.from({ length }, (_, i) => heldOut[at + i] as number);
  return {
    name: 'continuation',
    summary: `${given} held-out tokens: the ${answer} that follow, among others of the text`,
    make: (rng) => {
      const draw = () => Math.floor(rng.uniform() * (heldOut.length - given - answer));
      const at = draw();
      const others = Array.from({ length: CHOICES - 1 }, () => piece(draw() + given, answer));
      return { context: piece(at, given), answers: [piece(at + given, answer), ...others] };
    },
  };
}

/** Answers that a tokenizer makes longer than the shortest are cut: what is compared is equally long. */
function toExample(
  encode: (text: string) => number[],
  text: string,
  answers: readonly string[],
): ChoiceExample {
  const tokens = answers.map(encode);
  const shortest = Math.min(...tokens.map(({ length }) => length));
  return { context: encode(text), answers: tokens.map((answer) => answer.slice(0, shortest)) };
}

const drawWords = (rng: CounterRng, count: number): string[] =>
  shuffled(rng, WORDS).slice(0, count);

function shuffled<T>(rng: CounterRng, values: readonly T[]): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(rng.uniform() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
