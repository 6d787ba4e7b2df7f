export { type AdamwStep, adamwStep } from './adamw.ts';
