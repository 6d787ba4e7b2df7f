// A model case in a few words, for the report.

import { type FoxConfig, headDimOf } from '@vulpes/lm-models';

/** Without a forget gate nothing ever decays, so nothing can be pruned. */
export const hasGate = ({ fgateType }: FoxConfig): boolean => fgateType !== 'none';

export function describeConfig(config: FoxConfig): string {
  const { numHiddenLayers, hiddenSize, numHeads, vocabSize, fgateType } = config;
  return `${numHiddenLayers} layers, ${hiddenSize} = ${numHeads} × ${headDimOf(config)}, vocabulary ${vocabSize}, gate ${fgateType}`;
}

/** @param counts - per layer, [B, H, 2]: kept and causal attention blocks. */
export function describePruning(counts: readonly ArrayLike<number>[]): string {
  let [kept, causal] = [0, 0];
  for (const layer of counts) {
    for (let i = 0; i < layer.length; i += 2) {
      kept += layer[i] as number;
      causal += layer[i + 1] as number;
    }
  }
  return `ACP drops ${causal - kept} of ${causal} blocks`;
}
