// Where in the text heads forget: the mean log gate along it, and the bytes at which gates close.

import { lineChart, type Section } from '@vulpes/charts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { chooseSpreadHeads, listHeads, meansAlong } from './heads.ts';

const CHOSEN = 4;
const POINTS = 64;
/** A byte must stand this often in the text to say something about a head. */
const OFTEN = 3;
const BYTES_SHOWN = 6;
/** Least decay that a log axis shows. */
const FLOOR = 1e-7;

export function gateSections(inspection: ModelInspection, tokens: Uint8Array): Section[] {
  const stretch = Math.ceil(inspection.seqLen / POINTS);
  const chosen = chooseSpreadHeads(listHeads(inspection), CHOSEN);
  return [
    {
      heading: 'Gates along the text',
      text: `Heads from the longest memory to the shortest. The lines are the mean of −log f over stretches of ${stretch} tokens; the table names the bytes of the text at whose gates each head forgets most and least, by their mean −log f.`,
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
          const ranked = rankBytes(head.logFgate, tokens);
          return [
            head.name,
            ranked.slice(0, BYTES_SHOWN).map(showByte).join('  '),
            ranked.slice(-BYTES_SHOWN).reverse().map(showByte).join('  '),
          ];
        }),
      },
    },
  ];
}

/** Bytes that occur often enough, most forgetting first. */
export function rankBytes(
  logFgate: Float32Array,
  tokens: Uint8Array,
): { byte: number; decay: number }[] {
  const sums = new Map<number, { count: number; sum: number }>();
  for (const [t, byte] of tokens.entries()) {
    const { count, sum } = sums.get(byte) ?? { count: 0, sum: 0 };
    sums.set(byte, { count: count + 1, sum: sum - (logFgate[t] as number) });
  }
  return [...sums]
    .filter(([, { count }]) => count >= OFTEN)
    .map(([byte, { count, sum }]) => ({ byte, decay: sum / count }))
    .sort((a, b) => b.decay - a.decay);
}

const showByte = ({ byte, decay }: { byte: number; decay: number }): string =>
  `${nameOf(byte)} ${decay.toPrecision(2)}`;

function nameOf(byte: number): string {
  if (byte === 10) return 'newline';
  if (byte === 32) return 'space';
  return byte > 32 && byte < 127
    ? `“${String.fromCharCode(byte)}”`
    : `0x${byte.toString(16).padStart(2, '0')}`;
}
