// Where in the text heads forget: the mean log gate along it, and the tokens at which gates close.

import { lineChart, type Section } from '@vulpes/charts';
import type { TokenArray, Tokenizer } from '@vulpes/data';
import type { ModelInspection } from '../inspection/inspection.ts';
import { chooseSpreadHeads, listHeads, meansAlong } from './heads.ts';

const CHOSEN = 4;
const POINTS = 64;
/** A token must stand this often in the text to say something about a head. */
const OFTEN = 3;
const TOKENS_SHOWN = 6;
/** Least decay that a log axis shows. */
const FLOOR = 1e-7;

export function gateSections(
  inspection: ModelInspection,
  tokens: TokenArray,
  tokenizer: Tokenizer,
): Section[] {
  const show = ({ token, decay }: RankedToken): string =>
    `${nameOf(token, tokenizer)} ${decay.toPrecision(2)}`;
  const stretch = Math.ceil(inspection.seqLen / POINTS);
  const chosen = chooseSpreadHeads(listHeads(inspection), CHOSEN);
  return [
    {
      heading: 'Gates along the text',
      text: `Heads from the longest memory to the shortest. The lines are the mean of −log f over stretches of ${stretch} tokens; the table names the ${tokenizer.name === 'bytes' ? 'bytes' : 'tokens'} of the text at whose gates each head forgets most and least, by their mean −log f.`,
      svg: lineChart({
        title: 'Decay along the text',
        x: { label: 'position', unit: 'tokens' },
        y: { label: 'mean −log f', unit: 'nats per token', scale: 'log' },
        dots: false,
        series: chosen.map(({ name, logFgate }) => ({
          name,
          points: meansAlong(logFgate, stretch).map(({ x, y }) => ({ x, y: Math.max(FLOOR, -y) })),
        })),
      }),
      table: {
        columns: ['head', 'forgets most at', 'forgets least at'],
        rows: chosen.map((head) => {
          const ranked = rankTokens(head.logFgate, tokens);
          return [
            head.name,
            ranked.slice(0, TOKENS_SHOWN).map(show).join('  '),
            ranked.slice(-TOKENS_SHOWN).reverse().map(show).join('  '),
          ];
        }),
      },
    },
  ];
}

interface RankedToken {
  readonly token: number;
  readonly decay: number;
}

/** Tokens that occur often enough, most forgetting first. */
export function rankTokens(logFgate: Float32Array, tokens: TokenArray): RankedToken[] {
  const sums = new Map<number, { count: number; sum: number }>();
  for (const [t, token] of tokens.entries()) {
    const { count, sum } = sums.get(token) ?? { count: 0, sum: 0 };
    sums.set(token, { count: count + 1, sum: sum - (logFgate[t] as number) });
  }
  return [...sums]
    .filter(([, { count }]) => count >= OFTEN)
    .map(([token, { count, sum }]) => ({ token, decay: sum / count }))
    .sort((a, b) => b.decay - a.decay);
}

function nameOf(token: number, tokenizer: Tokenizer): string {
  const text = tokenizer.decode([token]);
  if (text === '\n') return 'newline';
  if (text === ' ') return 'space';
  const isShown = text !== '' && !/[\p{Cc}\ufffd]/u.test(text);
  if (isShown) return `“${text}”`;
  return tokenizer.name === 'bytes' ? `0x${token.toString(16).padStart(2, '0')}` : `#${token}`;
}
