// The yardsticks of `--compare`, by name.

import type { Yardstick } from '@vulpes/bench';
import { javascriptYardstick, type PeerName, peerNames } from './javascript.ts';
import { YardstickError } from './places.ts';
import { pytorchYardstick } from './pytorch.ts';

export { YardstickError } from './places.ts';

export const yardstickNames = [...peerNames, 'pytorch'] as const;
export type YardstickName = (typeof yardstickNames)[number];

export interface YardstickOptions {
  /** Python that has PyTorch; default `python3`. */
  readonly python?: string | undefined;
  /** Checkout of the official Forgetting Transformer; null = its kernel and model are not measured. */
  readonly foxPath?: string | null | undefined;
}

/** @throws YardstickError in one sentence, naming the yardsticks that exist. */
export function assertYardstickNames(
  names: readonly string[],
): asserts names is readonly YardstickName[] {
  const unknown = names.find((name) => !(yardstickNames as readonly string[]).includes(name));
  if (unknown === undefined) return;
  throw new YardstickError(
    `bench: there is no yardstick '${unknown}'; the yardsticks are ${yardstickNames.join(', ')}.`,
  );
}

export interface NamedYardstick {
  /** For the report. */
  readonly name: string;
  readonly run: Yardstick;
}

/** The yardsticks named, in that order; the JavaScript peers are one, since they take turns on each case. */
export function createYardsticks(
  names: readonly YardstickName[],
  options: YardstickOptions = {},
): NamedYardstick[] {
  const isPeer = (name: YardstickName): name is PeerName => name !== 'pytorch';
  const peers = names.filter(isPeer);
  return names
    .filter((name) => !isPeer(name) || name === peers[0])
    .map((name) =>
      isPeer(name)
        ? { name: peers.join(', '), run: javascriptYardstick(peers) }
        : { name, run: pytorchYardstick(options) },
    );
}
