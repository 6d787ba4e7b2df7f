// The adapter's memory limits, translated into what fits. Pure.

import type { DeviceCaps } from '@vulpes/tensor-core';

const F32_BYTES = 4;
/** GPT-2's. */
const VOCABULARY = 50_257;
/** Of the 125 M model. */
const HIDDEN_SIZE = 768;

export interface WhatFits {
  /** The smaller of the buffer and the binding limit. */
  readonly largestTensorBytes: number;
  readonly largestTensorElements: number;
  /** Hidden size up to which an embedding of 50,257 tokens is one tensor. */
  readonly embeddingHiddenSize: number;
  /** Tokens (batch × context) up to which an activation of hidden size 768 is one tensor. */
  readonly activationTokens: number;
  /** Rows of f32 logits over 50,257 tokens; the loss works in chunks, so it never needs more. */
  readonly logitRows: number;
}

export function whatFits({ limits }: DeviceCaps): WhatFits {
  const bytes = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const elements = Math.floor(bytes / F32_BYTES);
  return {
    largestTensorBytes: bytes,
    largestTensorElements: elements,
    embeddingHiddenSize: Math.floor(elements / VOCABULARY),
    activationTokens: Math.floor(elements / HIDDEN_SIZE),
    logitRows: Math.floor(elements / VOCABULARY),
  };
}

export function describeFits(fits: WhatFits): string[] {
  return [
    `largest tensor ${formatBytes(fits.largestTensorBytes)}: ${formatCount(fits.largestTensorElements)} f32 numbers`,
    `an embedding of ${formatCount(VOCABULARY)} tokens up to hidden size ${formatCount(fits.embeddingHiddenSize)}`,
    `activations of hidden size ${HIDDEN_SIZE} for up to ${formatCount(fits.activationTokens)} tokens (batch × context)`,
    'training keeps 16 bytes a parameter (weight, gradient, two AdamW moments) beside its activations: 2.4 GiB for the 125 M model',
    'how much memory there is in all, WebGPU does not tell; running out is reported as an error',
  ];
}

/** `2 GiB`, `1.5 MiB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  const value = bytes / 1024 ** power;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[power]}`;
}

export const formatCount = (count: number): string => count.toLocaleString('en-US');
