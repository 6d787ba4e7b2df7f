// All that the doctor finds, as plain data: `--json` prints it, the text is made of it.

import {
  type AdapterChoice,
  createDevice,
  type DeviceCaps,
  type DeviceOptions,
  type VariantReport,
} from '@vulpes/tensor-core';
import { type Advice, BROWSER_ADVICE, listAdvice, listAdviceWithoutAdapter } from './advice.ts';
import { type Host, readHost } from './host.ts';
import { computeWhatFits, type WhatFits } from './memory.ts';
import { runSelfTest, type SelfTest } from './self-test.ts';
import { describeAllVariants } from './variants.ts';

/** One adapter that was tried. */
export interface Attempt {
  readonly choice: AdapterChoice;
  /** Null where it works. */
  readonly problem: string | null;
}

export interface AdapterReport {
  readonly caps: DeviceCaps;
  /** Of each op: which variant runs, and why the others don't. */
  readonly variants: readonly VariantReport[];
  readonly fits: WhatFits;
  readonly selfTest: SelfTest;
}

export interface Diagnosis {
  readonly host: Host;
  readonly attempts: readonly Attempt[];
  /** The adapter that works; null where none does. */
  readonly adapter: AdapterReport | null;
  readonly advice: readonly Advice[];
  readonly browsers: readonly string[];
}

export interface DoctorOptions {
  readonly adapter: AdapterChoice;
  /** Kernel variants to force; undefined = what suits the adapter. */
  readonly variants?: readonly string[] | undefined;
}

/** Tries the chosen adapter; where `auto` finds one that does not compute, the software adapter, too. */
export async function diagnose({ adapter, variants }: DoctorOptions): Promise<Diagnosis> {
  const host = readHost();
  const attempts: Attempt[] = [];
  const choices: AdapterChoice[] = adapter === 'auto' ? ['auto', 'software'] : [adapter];
  for (const choice of choices) {
    const report = await inspectAdapter({ adapter: choice, variants });
    const problem = typeof report === 'string' ? report : describeFailure(report);
    attempts.push({ choice, problem });
    if (typeof report === 'string' || problem !== null) continue;
    const advice = [...attempts.flatMap(adviseAfterFailure), ...listAdvice(host, report.caps)];
    return { host, attempts, adapter: report, advice, browsers: BROWSER_ADVICE };
  }
  const advice = listAdviceWithoutAdapter(host);
  return { host, attempts, adapter: null, advice, browsers: BROWSER_ADVICE };
}

/** @returns what went wrong, where no device opens. */
async function inspectAdapter(options: DeviceOptions): Promise<AdapterReport | string> {
  try {
    using device = await createDevice(options);
    const { caps } = device;
    const selfTest = await runSelfTest(device);
    return {
      caps,
      selfTest,
      variants: describeAllVariants(caps),
      fits: computeWhatFits(caps),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const describeFailure = ({ selfTest, caps }: AdapterReport): string | null =>
  selfTest.passed
    ? null
    : `the self-test failed on ${caps.adapter.description || 'this adapter'}: ${selfTest.detail}`;

function adviseAfterFailure({ choice, problem }: Attempt): Advice[] {
  if (problem === null) return [];
  return [
    {
      missing: `a working adapter for the choice '${choice}'`,
      costs: problem,
      todo: 'Update its driver. Until then run with FOX_ADAPTER=software.',
    },
  ];
}
