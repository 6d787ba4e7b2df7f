// The next token of every row from the whole text, computed anew each time.

import type { GenerationParts } from './generation-parts.ts';
import { idsBetween, padRows } from './padded-rows.ts';
import type { ChosenTokens } from './token-chooser.ts';

/** Looks back at up to `contextLength` tokens of each row. */
export function chooseFromText(
  { model, params, chooser, settings }: GenerationParts,
  rows: readonly (readonly number[])[],
): Promise<ChosenTokens> {
  const { device } = model;
  const padded = padRows(rows.map((row) => row.slice(-settings.contextLength)));
  device.scope(() => {
    const isPadded = padded.seqStart.some((start) => start > 0);
    const seqStart = isPadded ? device.tensor(padded.seqStart, [rows.length]) : undefined;
    const inputIds = idsBetween(device, padded, [0, padded.length]);
    chooser.choose(model.nextTokenLogits(params, { inputIds, seqStart }));
  });
  return chooser.read();
}
