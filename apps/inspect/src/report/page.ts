// The page from top to bottom.

import type { Section } from '@vulpes/charts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { decaySections } from './decay.ts';
import { gateSections } from './gates.ts';
import { halfLifeSections } from './half-lives.ts';
import { lossSection } from './loss.ts';
import { mapSections } from './maps.ts';
import { reachSection } from './reach.ts';
import { savingSection } from './savings.ts';

/** @param tokens - bytes that the model read. */
export const reportSections = (inspection: ModelInspection, tokens: Uint8Array): Section[] => [
  savingSection(inspection),
  ...decaySections(inspection),
  ...halfLifeSections(inspection),
  ...gateSections(inspection, tokens),
  reachSection(inspection),
  ...mapSections(inspection),
  lossSection(inspection),
];
