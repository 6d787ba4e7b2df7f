// PyTorch, and where it is there the official Triton kernel and model, by a Python script of ours that prints JSON lines.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import {
  adapterName,
  type CaseReport,
  type ComparisonContext,
  type Measurement,
  type NotMeasured,
  summarize,
  type Yardstick,
} from '@vulpes/bench';
import { foxConfigToJson, foxPreset, officialDefaults } from '@vulpes/lm-models';
import { endOf, errorLine } from '../error-line.ts';
import { pythonScript, YardstickError } from './places.ts';

interface Options {
  readonly python?: string | undefined;
  readonly foxPath?: string | null | undefined;
  /** A script that says nothing for so long is stopped. Default: a first Triton kernel takes half a minute to compile. */
  readonly longestSilenceMs?: number;
}

/** A line of the script. */
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
  | {
      readonly type: 'not-measured';
      readonly kind: NotMeasured['kind'];
      readonly runner: string;
      readonly case: string;
      readonly why: string;
    };

export const pytorchYardstick =
  ({ python = 'python3', foxPath = null, longestSilenceMs = 180_000 }: Options): Yardstick =>
  async ({ cases, device, runs, onProgress, onMeasurement, onNotMeasured }) => {
    const args = [pythonScript(), '--runs', String(runs), ...cardOf(device)];
    if (foxPath) args.push('--fox-path', foxPath);
    const complaints: string[] = [];
    let told = 0; // even a script with no row for these cases names its card
    const script = { python, args, input: jobsOf(cases), longestSilenceMs };
    const ending = await runPython(script, (line) => {
      told++;
      if (line.type === 'progress') onProgress(`pytorch: ${line.doing}`);
      else if (line.type === 'measurement') onMeasurement(toMeasurement(line));
      else if (line.type === 'cannot-run') complaints.push(line.why);
      else onNotMeasured(toNotMeasured(line));
    });
    if (ending) complaints.push(ending);
    if (told === 0 && !ending)
      complaints.push(`${python} ended and said nothing: no row, no reason`);
    if (complaints.length === 0) return;
    throw new YardstickError(`bench --compare pytorch: ${complaints.join('; ')}.`);
  };

/** So that PyTorch runs on the card that we ran on; a driver that gives a number for a name leaves it the first card. */
const cardOf = ({ caps }: ComparisonContext['device']): string[] =>
  caps.adapter.device.startsWith('0x') ? [] : ['--adapter', adapterName(caps)];

/** What the script is told of a case. */
const jobsOf = (cases: readonly CaseReport[]): string =>
  JSON.stringify(
    cases.map(({ id, suite, mode, dims, preset }) => ({
      ...{ id, suite, mode, dims, preset },
      config: preset === null ? null : officialFields(preset),
    })),
  );

/** The fields of the official `config.json` in which a preset differs from the official defaults; null for one without forget gates. */
function officialFields(preset: string): Record<string, unknown> | null {
  const config = foxPreset(preset);
  if (config.fgateType === 'none') return null;
  const [fields, defaults] = [config, officialDefaults].map((one) =>
    JSON.parse(foxConfigToJson(one)),
  );
  const isOwn = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(value) !== JSON.stringify(defaults[name]);
  return Object.fromEntries(Object.entries(fields).filter(isOwn));
}

function toMeasurement(line: Extract<PythonLine, { type: 'measurement' }>): Measurement {
  const { case: id, variant, runner, note } = line;
  const [wallMs, gpuMs] = [summarize(line.wallMs), summarize(line.gpuMs)];
  return { case: id, variant, runner, wallMs, gpuMs, note };
}

type NotMeasuredLine = Extract<PythonLine, { type: 'not-measured' }>;

const toNotMeasured = ({ type, ...entry }: NotMeasuredLine): NotMeasured => entry;

/** Null for what libraries print beside our lines. */
function parseLine(text: string): PythonLine | null {
  try {
    const line = JSON.parse(text) as PythonLine | null;
    return typeof line?.type === 'string' ? line : null;
  } catch {
    return null;
  }
}

interface Script {
  readonly python: string;
  readonly args: readonly string[];
  /** For its standard input. */
  readonly input: string;
  readonly longestSilenceMs: number;
}

/** @returns what went wrong, in a sentence; '' where nothing did */
function runPython(
  { python, args, input, longestSilenceMs }: Script,
  onLine: (line: PythonLine) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const complaint = endOf(child.stderr);
    let isSilent = false;
    child.stdin.on('error', () => {}); // it ended before it read: its exit code tells why
    child.stdin.end(input);
    const silence = setTimeout(() => {
      isSilent = true;
      child.kill('SIGKILL');
    }, longestSilenceMs);
    createInterface({ input: child.stdout }).on('line', (text) => {
      silence.refresh();
      const line = parseLine(text);
      if (line) onLine(line);
    });
    child.once('error', (cause) => {
      reject(
        new YardstickError(
          `bench --compare pytorch: ${python} does not start (${cause.message}). Name a Python that has PyTorch with --python PATH.`,
          { cause },
        ),
      );
    });
    child.once('close', (code, signal) => {
      clearTimeout(silence);
      const why = isSilent
        ? `it said nothing for ${longestSilenceMs / 1000} s`
        : errorLine(complaint());
      resolve(code === 0 ? '' : `the script ended with ${code ?? signal}: ${why}`);
    });
  });
}
