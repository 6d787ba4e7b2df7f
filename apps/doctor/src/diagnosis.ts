// Everything the doctor finds out, as plain data: what `--json` prints and what the text is made of.

import {
  type AdapterChoice,
  createDevice,
  type DeviceCaps,
  type DeviceOptions,
  type KernelFamily,
} from '@vulpes/tensor-core';
import { type Advice, adviceFor, adviceWithoutAdapter, BROWSER_ADVICE } from './advice.ts';
import { type Host, readHost } from './host.ts';
import { type WhatFits, whatFits } from './memory.ts';
import { runSelfTest, type SelfTest } from './self-test.ts';
import { listVariants, type Variants } from './variants.ts';

/** One adapter that was tried. */
export interface Attempt {
  readonly choice: AdapterChoice;
  /** Null where it works. */
  readonly problem: string | null;
}

export interface AdapterReport {
  readonly caps: DeviceCaps;
  readonly variants: Variants;
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
  readonly kernels: KernelFamily | 'auto';
}

/** Tries the adapter asked for; where `auto` finds one that does not compute, the software adapter as well. */
export async function diagnose({ adapter, kernels }: DoctorOptions): Promise<Diagnosis> {
  const host = readHost();
  const attempts: Attempt[] = [];
  const choices: AdapterChoice[] = adapter === 'auto' ? ['auto', 'software'] : [adapter];
  for (const choice of choices) {
    const report = await examine({ adapter: choice, kernels });
    const problem = typeof report === 'string' ? report : selfTestProblem(report);
    attempts.push({ choice, problem });
    if (typeof report === 'string' || problem !== null) continue;
    const advice = [...attempts.flatMap(failedAttemptAdvice), ...adviceFor(host, report.caps)];
    return { host, attempts, adapter: report, advice, browsers: BROWSER_ADVICE };
  }
  const advice = adviceWithoutAdapter(host);
  return { host, attempts, adapter: null, advice, browsers: BROWSER_ADVICE };
}

/** @returns what went wrong, where no device opens. */
async function examine(options: DeviceOptions): Promise<AdapterReport | string> {
  try {
    using device = await createDevice(options);
    const { caps } = device;
    const selfTest = await runSelfTest(device);
    return { caps, selfTest, variants: listVariants(device), fits: whatFits(caps) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const selfTestProblem = ({ selfTest, caps }: AdapterReport): string | null =>
  selfTest.passed
    ? null
    : `the self-test failed on ${caps.adapter.description || 'this adapter'}: ${selfTest.detail}`;

function failedAttemptAdvice({ choice, problem }: Attempt): Advice[] {
  if (problem === null) return [];
  return [
    {
      missing: `a working adapter for the choice '${choice}'`,
      costs: problem,
      todo: 'Update its driver. Until then run with FOX_ADAPTER=software.',
    },
  ];
}
