export { type AdamwStep, adamwStep } from './adamw.ts';
export { type DecayPlacement, toDecayBlocks } from './decay-blocks.ts';
