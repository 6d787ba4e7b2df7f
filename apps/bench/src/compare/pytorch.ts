// PyTorch, and with --fox-path the official Triton kernel and model, by tools/comparisons/pytorch.py.

import {
  adapterName,
  type BaselineContext,
  type BenchCase,
  caseId,
  type NotMeasured,
  type RunBaseline,
  summarize,
} from '@vulpes/bench';
import { foxConfigToJson, foxPreset, officialDefaults } from '@vulpes/lm-models';
import { BaselineError, findPythonScript } from './places.ts';
import { runScript } from './run-script.ts';

export interface PytorchOptions {
  /** Python that has PyTorch; default `python3`. */
  readonly python?: string | undefined;
  /** Checkout of the official Forgetting Transformer; without, its kernel and model are not measured. */
  readonly foxPath?: string | undefined;
  /** Default: a first Triton kernel takes half a minute to compile. */
  readonly maxSilenceMs?: number;
}

export type PythonLine =
  | { readonly type: 'progress'; readonly doing: string }
  | {
      readonly type: 'measurement';
      readonly case: string;
      readonly variant: string;
      readonly runner: string;
      /** Sum of the kernels of each run; its note says where they are CUDA events instead. */
      readonly gpuMs: readonly number[];
      readonly wallMs: readonly number[];
      readonly note: string;
    }
  /** PyTorch, or the official kernel and model, cannot run at all. */
  | { readonly type: 'cannot-run'; readonly why: string }
  | ({ readonly type: 'not-measured' } & NotMeasured);

export const pytorchBaseline =
  ({ python = 'python3', foxPath, maxSilenceMs = 180_000 }: PytorchOptions): RunBaseline =>
  async ({ cases, device, runs, onProgress, onMeasurement, onNotMeasured }) => {
    const args = [findPythonScript(), '--runs', String(runs), ...chooseCard(device)];
    if (foxPath) args.push('--fox-path', foxPath);
    const problems: string[] = [];
    const script = { command: python, args, input: toJob(cases), maxSilenceMs };
    const failure = await runScript<PythonLine>(script, (line) => {
      const { type, ...fields } = line;
      if (line.type === 'progress') onProgress(`pytorch: ${line.doing}`);
      else if (line.type === 'cannot-run') problems.push(line.why);
      else if (line.type === 'not-measured') onNotMeasured(fields as NotMeasured);
      else {
        const { case: id, variant, runner, note } = line;
        const [wallMs, gpuMs] = [summarize(line.wallMs), summarize(line.gpuMs)];
        onMeasurement({ case: id, variant, runner, wallMs, gpuMs, note });
      }
    });
    if (failure) problems.push(failure);
    if (problems.length > 0)
      throw new BaselineError(`bench --compare pytorch: ${problems.join('; ')}.`);
  };

/** So that PyTorch runs on the card that we ran on; a driver that gives a number for a name leaves it the first card. */
const chooseCard = ({ caps }: BaselineContext['device']): string[] =>
  caps.adapter.device.startsWith('0x') ? [] : ['--adapter', adapterName(caps)];

const toJob = (cases: readonly BenchCase[]): string =>
  JSON.stringify(
    cases.map((one) => ({
      id: caseId(one),
      ...{ suite: one.suite, mode: one.mode, dims: one.dims },
      preset: one.preset ?? null,
      config: one.preset === undefined ? null : toOfficialFields(one.preset),
    })),
  );

/** The fields of the official `config.json` in which a preset differs from the official defaults; null for one without forget gates. */
function toOfficialFields(preset: string): Record<string, unknown> | null {
  const config = foxPreset(preset);
  if (config.fgateType === 'none') return null;
  const [fields, defaults] = [config, officialDefaults].map((one) =>
    JSON.parse(foxConfigToJson(one)),
  );
  const differs = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(value) !== JSON.stringify(defaults[name]);
  return Object.fromEntries(Object.entries(fields).filter(differs));
}

/** A first import reads gigabytes. */
const MAX_IMPORT_MS = 120_000;

/**
 * Before our own cases take their minutes.
 * @throws BaselineError where this Python does not start, or cannot import torch in time
 */
export async function checkPytorch(python = 'python3'): Promise<void> {
  const script = { command: python, args: ['-c', 'import torch'], maxSilenceMs: MAX_IMPORT_MS };
  const failure = await runScript(script, () => {}).catch(({ message }: Error) => message);
  if (failure === null) return;
  throw new BaselineError(
    `bench --compare pytorch: expected ${python} to import torch, got: ${failure.replace(/\.$/, '')}. Name a Python that has PyTorch with --python PATH.`,
  );
}
