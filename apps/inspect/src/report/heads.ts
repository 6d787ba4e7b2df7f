// Heads of an inspection as a list, with their names and half-lives.

import { computeMeanHalfLife } from '../inspection/half-life.ts';
import type { HeadInspection, ModelInspection } from '../inspection/inspection.ts';

export interface NamedHead extends HeadInspection {
  readonly layer: number;
  /** `layer 0 head 3` */
  readonly name: string;
  /** Tokens: of the mean log gate along the text. */
  readonly halfLife: number;
}

export const listHeads = ({ layers }: ModelInspection): NamedHead[] =>
  layers.flatMap(({ layer, heads }) =>
    heads.map((head) => ({
      ...head,
      layer,
      name: `layer ${layer} head ${head.head}`,
      halfLife: computeMeanHalfLife(head.logFgate),
    })),
  );

/** Longest memory first. */
export const sortByHalfLife = (heads: readonly NamedHead[]): NamedHead[] =>
  [...heads].sort((a, b) => b.halfLife - a.halfLife);

/** A few that differ, longest memory first: those nearest to half-lives evenly spaced in log. */
export function chooseSpreadHeads(heads: readonly NamedHead[], count: number): NamedHead[] {
  const left = sortByHalfLife(heads);
  if (left.length <= count) return left;
  const [longest, shortest] = [left[0], left.at(-1)].map((head) => Math.log(head!.halfLife));
  const chosen: NamedHead[] = [];
  for (let i = 0; i < count; i++) {
    const wanted = longest! + ((shortest! - longest!) * i) / (count - 1);
    const distance = ({ halfLife }: NamedHead) => Math.abs(Math.log(halfLife) - wanted);
    const nearest = left.reduce((best, head) => (distance(head) < distance(best) ? head : best));
    chosen.push(...left.splice(left.indexOf(nearest), 1));
  }
  return sortByHalfLife(chosen);
}

/** Means over stretches of a text, each at its middle. */
export const meansAlong = (values: Float32Array, stretch: number): { x: number; y: number }[] =>
  Array.from({ length: Math.ceil(values.length / stretch) }, (_, i) => {
    const part = values.subarray(i * stretch, (i + 1) * stretch);
    return { x: i * stretch + part.length / 2, y: computeMean(part) };
  });

export const computeMean = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A line for each layer, then one for all: kept and visible blocks under both rules, and the largest dropped masses. */
export function sumByLayer(inspection: ModelInspection) {
  const all = listHeads(inspection);
  const toLine = (name: string, heads: readonly NamedHead[]) => {
    const sum = (of: (head: NamedHead) => number) => heads.reduce((sum, head) => sum + of(head), 0);
    return {
      ...{ name, heads },
      dense: sum((head) => head.paper.visibleBlocks),
      paper: sum((head) => head.paper.keptBlocks),
      certified: sum((head) => head.certified.keptBlocks),
      paperLost: Math.max(...heads.map((head) => head.paper.droppedMass)),
      certifiedLost: Math.max(...heads.map((head) => head.certified.droppedMass)),
    };
  };
  const lines = inspection.layers.map(({ layer }) =>
    toLine(
      String(layer),
      all.filter((head) => head.layer === layer),
    ),
  );
  return [...lines, toLine('all', all)];
}

export const percent = (part: number, whole: number): string =>
  `${((100 * part) / whole).toFixed(1)}%`;

export const mass = (share: number): string => (share === 0 ? '0' : share.toExponential(1));
