// Inputs of an attention case, and its f64 reference.

import {
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from '@vulpes/fox-attention/reference';
import type { BlockSizes } from '@vulpes/wgsl-kernels';
import { type Dims, dim, type Expectations, type Expected, type Mode } from '../../case.ts';
import { gateBias } from '../gate-biases.ts';
import { normals } from '../random.ts';
import { chooseSample, sampledGradients, sampledOut } from './sampled-reference.ts';

export type AttentionMode = Extract<Mode, 'forward' | 'forward+backward'>;

/** The pruned variants are held to the dense reference: ε = e^−10 bounds the mass they drop, the true loss is far below f32 rounding. */
const FORWARD_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

export interface Sizes {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly blocks: BlockSizes;
}

/** @throws ArgumentError where B, T, H, D or block is missing */
export const readSizes = (dims: Dims): Sizes => ({
  batch: dim(dims, 'B'),
  seqLen: dim(dims, 'T'),
  numHeads: dim(dims, 'H'),
  headDim: dim(dims, 'D'),
  blocks: { blockM: dim(dims, 'block'), blockN: dim(dims, 'block') },
});

export interface HostInputs {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly dOut: Float32Array;
  readonly logFgate: Float32Array;
}

export function hostInputs({ batch, seqLen, numHeads, headDim }: Sizes): HostInputs {
  const size = batch * seqLen * numHeads * headDim;
  const logits = normals(5, batch * seqLen * numHeads);
  const logFgate = logits.map(
    (logit, index) => -Math.log1p(Math.exp(-(gateBias(index % numHeads) + logit))),
  );
  const [q, k, v, dOut] = [1, 2, 3, 4].map((seed) => normals(seed, size)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  return { q, k, v, dOut, logFgate };
}

export function reference(
  { seqLen, batch, numHeads, headDim }: Sizes,
  host: HostInputs,
  mode: AttentionMode,
): Expectations {
  const dims = { batch, numHeads, headDim, queryLen: seqLen, keyLen: seqLen };
  const { out } = referenceForgettingAttention(dims, host);
  if (mode === 'forward') return expectations({ values: out });
  const { dq, dk, dv, dLogFgate } = referenceForgettingAttentionBackward(dims, host, host.dOut);
  return expectations(
    { values: out },
    {
      dq: { values: dq },
      dk: { values: dk },
      dv: { values: dv },
      dLogFgate: { values: dLogFgate },
    },
  );
}

/** The same at any length, for the elements of `chooseSample`. */
export function sampledReference(
  sizes: Sizes,
  host: HostInputs,
  mode: AttentionMode,
): Expectations {
  const sample = chooseSample(sizes);
  const out = sampledOut(sizes, host, sample);
  return mode === 'forward'
    ? expectations(out)
    : expectations(out, sampledGradients(sizes, host, sample));
}

const expectations = (
  out: Omit<Expected, 'bound'>,
  gradients: Readonly<Record<string, Omit<Expected, 'bound'>>> = {},
): Expectations => ({
  out: { ...out, bound: FORWARD_BOUND },
  ...Object.fromEntries(
    Object.entries(gradients).map(([name, of]) => [name, { ...of, bound: GRADIENT_BOUND }]),
  ),
});
