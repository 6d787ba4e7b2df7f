// One attention case, start to end, by each pruning rule that is asked for.

import { basename } from 'node:path';
import type { Device } from '@vulpes/tensor-core';
import type { PruningRule } from '../pruning-rule.ts';
import { Vectors } from '../reference/vectors.ts';
import type { CaseReport } from '../report/outcome.ts';
import { type AttentionCase, readAttentionCase } from './attention-case.ts';
import { checkCertified, checkDense, checkPaper, type RuleCheck } from './by-rule.ts';

/** Names of cases whose threshold the official code took from the norms of q and k, at log ε = −10. */
const IS_NAMED_AUTO = /auto/;

const byRule: Readonly<Record<PruningRule, RuleCheck>> = {
  none: checkDense,
  paper: checkPaper,
  certified: checkCertified,
};

interface Expectations {
  /** Whether the file must hold the official kernel's results, too. */
  readonly hasOfficial: boolean;
}

/**
 * @returns the checker of a kind of attention cases
 * @throws CaseError, SkippedCase, and what the packages throw
 */
export const attentionChecker =
  (expectations: Expectations) =>
  async (device: Device, path: string, rules: readonly PruningRule[]): Promise<CaseReport> => {
    const theCase = readAttentionCase(await Vectors.read(path), expectations);
    const isNamedAuto = IS_NAMED_AUTO.test(basename(path));
    const reports: CaseReport[] = [];
    for (const rule of rules) reports.push(await byRule[rule](device, theCase, { isNamedAuto }));
    return {
      checks: reports.flatMap(({ checks }) => checks),
      notes: [describe(theCase), ...reports.flatMap(({ notes }) => notes)],
    };
  };

function describe({ dims, limits }: AttentionCase): string {
  const { batch, numHeads, numKvHeads, queryLen, keyLen, headDim } = dims;
  const { seqStart, cuSeqlens, windowSize } = limits;
  return [
    `B=${batch} H=${numHeads}${numKvHeads === numHeads ? '' : ` on ${numKvHeads}`} M=${queryLen} N=${keyLen} D=${headDim}`,
    ...(seqStart ? [`padded to ${seqStart.join(' ')}`] : []),
    ...(cuSeqlens ? [`documents at ${cuSeqlens.join(' ')}`] : []),
    ...(windowSize === null ? [] : [`window ${windowSize}`]),
  ].join(', ');
}
