// Times each tile and number of parts of K for one product, after its result was compared with that of the plain kernel.

import type { Device, DeviceCaps, MatmulTuning, Tensor } from '@vulpes/tensor-core';
import {
  launchMatmul,
  listMatmulCandidates,
  type MatmulCandidate,
  matmulFingerprint,
} from '@vulpes/wgsl-kernels';
import type { StepProduct } from './step-products.ts';
import { compareTensors, fillNumbers, readError } from './tensors.ts';

export interface MeasuredCandidate extends MatmulCandidate {
  /** Largest difference to the plain kernel, as a share of the root mean square. */
  readonly error: number;
  readonly isRight: boolean;
  /** Median; null where the result is wrong, and so not timed. */
  readonly microseconds: number | null;
}

export interface MeasuredProduct {
  readonly product: StepProduct;
  /** The model's own choice first. */
  readonly candidates: readonly MeasuredCandidate[];
}

export interface MeasureOptions {
  /** Candidates of a product, at most. */
  readonly count: number;
  /** Timed runs of each. */
  readonly runs: number;
}

/** Clocks rise during this time: a card that compiled and checked before runs at a third of its speed. */
const WARM_MILLISECONDS = 150;
const MAX_WARM_RUNS = 2000;

/** One rounding to f16 of values of up to some six times the root mean square; sums in another order. */
const BOUNDS = { f16: 1e-2, f32: 1e-3 } as const;

export async function measureProduct(
  device: Device,
  product: StepProduct,
  options: MeasureOptions,
): Promise<MeasuredProduct> {
  const { caps } = device;
  const listed = listMatmulCandidates({ ...product, batch: 1 }, caps, options.count);
  const tensors = makeTensors(device, product);
  try {
    const plain = { ...caps, tuning: null, variants: { ...caps.variants, matmul: 'scalar' } };
    launchMatmul(device, { ...product, ...tensors, c: tensors.expected }, plain);
    const candidates: MeasuredCandidate[] = [];
    for (const candidate of listed) {
      const run = () =>
        launchMatmul(device, { ...product, ...tensors }, capsWith(caps, product, candidate));
      const error = await checkCandidate(tensors, run);
      const isRight = error <= BOUNDS[product.dtypeC];
      const microseconds = isRight ? await time(device, run, options.runs) : null;
      candidates.push({ ...candidate, error, isRight, microseconds });
    }
    return { product, candidates };
  } finally {
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
}

interface ProductTensors {
  readonly [name: string]: Tensor;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly c: Tensor;
  readonly expected: Tensor;
}

function makeTensors(device: Device, product: StepProduct): ProductTensors {
  const { m, n, k, transposeA, transposeB, dtypeA, dtypeB, dtypeC } = product;
  const a = device.empty(transposeA ? [k, m] : [m, k], { dtype: dtypeA, label: 'a' });
  const b = device.empty(transposeB ? [n, k] : [k, n], { dtype: dtypeB, label: 'b' });
  fillNumbers(a, 1);
  fillNumbers(b, 777_777);
  const c = device.empty([m, n], { dtype: dtypeC, label: 'c' });
  return { a, b, c, expected: device.empty([m, n], { dtype: dtypeC, label: 'expected' }) };
}

/** Where nothing is written, the numbers that were there differ from the product. */
async function checkCandidate({ c, expected }: ProductTensors, run: () => void): Promise<number> {
  fillNumbers(c, 5);
  run();
  using parts = compareTensors(c, expected);
  return await readError(parts, c.size);
}

/** The row that names a candidate. */
export function toRow(
  { transposeA, transposeB, dtypeA, m, n, k }: StepProduct,
  { variant, tile, splits }: MatmulCandidate,
  microseconds: number,
): MatmulTuning {
  const form = `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`;
  return { variant, form, dtype: dtypeA, m, n, k, tile, splits, microseconds };
}

/** Capabilities under which a product is divided as a candidate says. */
function capsWith(caps: DeviceCaps, product: StepProduct, candidate: MatmulCandidate): DeviceCaps {
  const matmul = [toRow(product, candidate, 0)];
  return { ...caps, tuning: { adapter: '', kernels: matmulFingerprint(), matmul } };
}

/** Median of the GPU time of a run, all its launches together, in microseconds. */
async function time(device: Device, run: () => void, runs: number): Promise<number> {
  const first = await timeRuns(device, run, 1);
  const warm = Math.min(
    MAX_WARM_RUNS,
    Math.ceil((1000 * WARM_MILLISECONDS) / (first[0] as number)),
  );
  for (let i = 0; i < warm; i++) run();
  // Submitted, not awaited: the timed runs follow without a gap.
  await device.flush();
  const times = (await timeRuns(device, run, runs)).sort((a, b) => a - b);
  return times[runs >> 1] as number;
}

async function timeRuns(device: Device, run: () => void, count: number): Promise<number[]> {
  const { kernels } = await device.profile(async () => {
    for (let i = 0; i < count; i++) run();
    await device.flush();
  });
  const launches = kernels.length / count;
  return Array.from({ length: count }, (_, i) =>
    kernels
      .slice(i * launches, (i + 1) * launches)
      .reduce((sum, { nanoseconds }) => sum + nanoseconds / 1000, 0),
  );
}
