// `doctor --tune`: times the products of a model's training step on this adapter, and writes what is fastest.

import { describeAdapter, UsageError } from '@vulpes/cli-kit';
import { foxPreset } from '@vulpes/lm-models';
import {
  type AdapterChoice,
  createDevice,
  type Device,
  tuningFingerprint,
} from '@vulpes/tensor-core';
import { choosePrecision } from '@vulpes/training';
import { type MeasuredProduct, measureProduct } from './measure.ts';
import { stepProducts } from './step-products.ts';
import { tuningPath, writeTuning } from './tuning-path.ts';
import { makeTable, productLine } from './tuning-report.ts';

export interface TuneOptions {
  readonly adapter: AdapterChoice;
  readonly variants?: readonly string[] | undefined;
  /** Preset whose step is measured. */
  readonly preset: string;
  /** Tokens of a micro batch. */
  readonly tokens: number;
}

/**
 * @param print - writes one line
 * @returns whether every candidate computed the right product
 * @throws UsageError on adapters whose times say nothing
 */
export async function tune(options: TuneOptions, print: (line: string) => void): Promise<boolean> {
  const config = foxPreset(options.preset);
  using device = await createDevice({ adapter: options.adapter, variants: options.variants });
  assertTimesMatter(device);
  const { caps } = device;
  const { precision, reason } = choosePrecision('auto', caps);
  const dtype = precision === 'mixed' ? 'f16' : 'f32';
  print(`Adapter: ${describeAdapter(caps)}`);
  print(
    `Products of a step of ${options.preset} on ${options.tokens} tokens in ${precision} precision (${reason}). Each result is compared with the plain kernel's before it is timed.`,
  );
  const measured: MeasuredProduct[] = [];
  for (const product of stepProducts(config, { tokens: options.tokens, dtype })) {
    const one = await measureProduct(device, product, { count: 10, runs: 9 });
    await device.trimMemory();
    if (one.candidates.length === 0) continue;
    print(`  ${productLine(one)}`);
    measured.push(one);
  }
  const table = makeTable(caps, measured);
  const path = tuningPath(table);
  await writeTuning(path, table);
  print(
    `Written to ${path} (${tuningFingerprint(table)}). Use it with npm run trainer -- train --tuning ${path}, or createDevice({ tuning }). It changes the last bits of sums.`,
  );
  return measured.every(({ candidates }) => candidates.every(({ isRight }) => isRight));
}

function assertTimesMatter({ caps }: Device): void {
  if (caps.isSoftware) {
    throw new UsageError(
      `doctor --tune: expected a GPU, got a software adapter (${caps.adapter.description}), whose times say nothing about one. Leave --tune out.`,
    );
  }
  if (caps.features.timestampQuery) return;
  throw new UsageError(
    `doctor --tune: expected an adapter with timestamp queries, got ${caps.adapter.description} without. Its products are divided by the model's estimate.`,
  );
}
