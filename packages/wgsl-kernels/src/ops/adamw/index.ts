export { referenceAdamwStep } from './adamw.reference.ts';
export { type AdamwStep, adamwStep } from './adamw.ts';
