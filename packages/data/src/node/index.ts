// @vulpes/data/node: what needs files.

export { readGpt2Tokenizer } from './gpt2.ts';
