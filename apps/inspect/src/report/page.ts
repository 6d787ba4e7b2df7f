// The page from top to bottom.

import type { Section } from '@vulpes/charts';
import type { TokenArray, Tokenizer } from '@vulpes/data';
import type { ModelInspection } from '../inspection/inspection.ts';
import { decaySections } from './decay.ts';
import { gateSections } from './gates.ts';
import { halfLifeSections } from './half-lives.ts';
import { lossSection } from './loss.ts';
import { mapSections } from './maps.ts';
import { reachSection } from './reach.ts';
import { savingSection } from './savings.ts';

/** @param tokens - that the model read. */
export const reportSections = (
  inspection: ModelInspection,
  tokens: TokenArray,
  tokenizer: Tokenizer,
): Section[] => [
  savingSection(inspection),
  ...decaySections(inspection),
  ...halfLifeSections(inspection),
  ...gateSections(inspection, tokens, tokenizer),
  reachSection(inspection),
  ...mapSections(inspection),
  lossSection(inspection),
];
