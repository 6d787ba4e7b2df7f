export { naiveAdamwStep } from './adamw.naive.ts';
export { type AdamwStep, adamwStep } from './adamw.ts';
