// tfjs and jax-js beside ours: each case by ours, then by the library in a process of its own, on the same inputs and adapter.

import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type BaselineContext,
  type ComparedCase,
  type Comparison,
  checkOutput,
  chooseComparedCases,
  compareTimes,
  formatWrongOutputs,
  type Measurement,
  OURS,
  type RunBaseline,
  summarize,
  timeOurs,
} from '@vulpes/bench';
import { ensureSoftwareAdapter, findSystemVulkan } from '@vulpes/software-adapter';
import { type BaselineJob, type ScriptLine, writeJob } from './job.ts';
import { prepareFolder } from './places.ts';
import { runScript } from './run-script.ts';

export const scriptNames = ['tfjs', 'jax-js'] as const;
export type LibraryName = (typeof scriptNames)[number];

const require = createRequire(import.meta.url);
/** Work before the first timed run, so that the clocks are up. */
const WARM_MS = 1000;
/** A script that prints nothing for so long is ended. */
const MAX_SILENCE_MS = 180_000;

export interface JavascriptSettings {
  /** Has `tfjs.mjs` and `jax-js.mjs`; default: ours, installed on first use. */
  readonly folder?: string;
  readonly maxSilenceMs?: number;
}

/** As the report names a library. */
const toRunner = (library: string): string => (library === 'tfjs' ? 'tfjs-webgpu' : library);

export const javascriptBaselines =
  (libraries: readonly string[], settings: JavascriptSettings = {}): RunBaseline =>
  async (context) => {
    const { cases, device, onMeasurement, onNotMeasured, onProgress } = context;
    const { chosen, leftOut } = chooseComparedCases(cases);
    const runner = libraries.map(toRunner).join(', ');
    for (const entry of leftOut) onNotMeasured({ runner, ...entry });
    if (chosen.length === 0) return;
    onProgress(`preparing ${libraries.join(', ')}`);
    const { folder = prepareFolder(), maxSilenceMs = MAX_SILENCE_MS } = settings;
    for (const compared of chosen) {
      const comparison = await compared.prepare(device);
      const job = createJob(comparison, context);
      const { file, readOutputs, dispose } = writeJob(job);
      try {
        for (const library of libraries) {
          const runner = toRunner(library);
          onProgress(`${compared.caseId}: ${OURS}`);
          // Right before the library, so that both find the device in the same state.
          const ours = await timeOurs(device, () => comparison.run(), job);
          onProgress(`${compared.caseId}: ${runner}`);
          const theirs = await runLibrary([join(folder, `${library}.mjs`), file], maxSilenceMs);
          const { why, error } = judge(theirs, comparison.expected, readOutputs);
          if (theirs.type === 'result' && why === '')
            for (const row of toRows(compared, runner, ours, { ...theirs, error }))
              onMeasurement(row);
          else onNotMeasured({ kind: 'failed', runner, case: compared.caseId, why });
        }
      } finally {
        dispose();
        comparison.dispose();
        await device.trimMemory();
      }
    }
  };

const createJob = (
  { workload }: Comparison,
  { device: { caps }, runs }: BaselineContext,
): Omit<BaselineJob, 'outputs'> => ({
  webgpu: pathToFileURL(require.resolve('webgpu')).href,
  toggles: [...caps.toggles],
  adapter: { ...caps.adapter },
  runs,
  warmMs: WARM_MS,
  workload,
});

type Outcome = Exclude<ScriptLine, { type: 'progress' }>;

/** Why a library has no row, empty where its outputs are right; and the largest of their errors. */
function judge(
  outcome: Outcome,
  expected: Comparison['expected'],
  readOutputs: () => Record<string, ArrayLike<number>>,
): { why: string; error: number } {
  if (outcome.type === 'failed') return { why: outcome.why, error: Number.NaN };
  const outputs = readOutputs();
  const checks = Object.entries(expected).map(([name, want]) =>
    checkOutput(name, outputs[name], want),
  );
  const wrong = formatWrongOutputs(checks);
  return {
    why: wrong && `its result is wrong: ${wrong}`,
    error: Math.max(...checks.map(({ rmsErrorRatio }) => rmsErrorRatio ?? Infinity)),
  };
}

/** Ours, then the library's. @param ours ms of our runs */
function toRows(
  { caseId, variant, description }: ComparedCase,
  runner: string,
  ours: readonly number[],
  theirs: Extract<Outcome, { type: 'result' }> & { readonly error: number },
): Measurement[] {
  const { wallMs, version, note, error } = theirs;
  const row = { case: caseId, variant, gpuMs: null };
  const timeOverOurs = compareTimes(wallMs, ours);
  const ownNote = `${description}; timed before ${runner}`;
  const itsNote = `${version}: ${note}; error ${error.toExponential(1)}`;
  return [
    { ...row, runner: OURS, wallMs: summarize(ours), note: ownNote },
    { ...row, runner, wallMs: summarize(wallMs), timeOverOurs, note: itsNote },
  ];
}

async function runLibrary(args: readonly string[], maxSilenceMs: number): Promise<Outcome> {
  const script = { command: process.execPath, args, env: createEnvironment(), maxSilenceMs };
  let outcome: Outcome | null = null;
  const failure = await runScript<ScriptLine>(script, (line) => {
    if (line.type !== 'progress') outcome = line;
  });
  return outcome ?? { type: 'failed', why: failure ?? 'the script printed no result' };
}

/** The library's Dawn looks for libvulkan by name: where the system has none, ours. */
function createEnvironment(): NodeJS.ProcessEnv {
  if (process.platform !== 'linux' || findSystemVulkan().loader) return process.env;
  const folders = [process.env.LD_LIBRARY_PATH, dirname(ensureSoftwareAdapter().loader)];
  return { ...process.env, LD_LIBRARY_PATH: folders.filter(Boolean).join(delimiter) };
}
