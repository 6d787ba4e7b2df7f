// tfjs and jax-js beside ours: each case by ours, then by the library in a process of its own, on the same inputs and adapter.

import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type BaselineContext,
  type ComparedCase,
  type Comparison,
  chooseComparedCases,
  compareTimes,
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
const MAX_SILENCE_MS = { hardware: 60_000, software: 180_000 };

export interface JavascriptSettings {
  /** Has `tfjs.mjs` and `jax-js.mjs`; default: ours, installed on first use. */
  readonly folder?: string;
  /** A script that prints nothing for so long is ended; default: as suits the adapter. */
  readonly maxSilenceMs?: number;
}

/** As the report names a library. */
const toRunner = (library: string): string => (library === 'tfjs' ? 'tfjs-webgpu' : library);

export const javascriptBaselines =
  (libraries: readonly string[], settings: JavascriptSettings = {}): RunBaseline =>
  async (context) => {
    const { cases, device, onNotMeasured, onProgress } = context;
    const { chosen, leftOut } = chooseComparedCases(cases, device.caps);
    const runner = libraries.map(toRunner).join(', ');
    for (const entry of leftOut) onNotMeasured({ runner, ...entry });
    if (chosen.length === 0) return;
    onProgress(`preparing ${libraries.join(', ')}`);
    const folder = settings.folder ?? prepareFolder();
    const maxSilenceMs =
      settings.maxSilenceMs ?? MAX_SILENCE_MS[device.caps.isSoftware ? 'software' : 'hardware'];
    for (const compared of chosen) {
      const comparison = await compared.prepare(device);
      const job = createJob(comparison, context);
      try {
        for (const library of libraries) {
          const script = { file: join(folder, `${library}.mjs`), library, maxSilenceMs };
          await compareLibrary(script, { compared, comparison, job }, context);
        }
      } finally {
        comparison.dispose();
        await device.trimMemory();
      }
    }
  };

function createJob(
  { workload, expected }: Comparison,
  { device, runs }: BaselineContext,
): BaselineJob {
  const { vendor, architecture, device: name, description } = device.caps.adapter;
  return {
    webgpu: pathToFileURL(require.resolve('webgpu')).href,
    toggles: device.caps.toggles,
    adapter: { vendor, architecture, device: name, description },
    runs,
    warmMs: WARM_MS,
    workload,
    expected,
  };
}

interface Prepared {
  readonly compared: ComparedCase;
  readonly comparison: Comparison;
  readonly job: BaselineJob;
}

/** Ours right before the library, so that both find the device in the same state. */
async function compareLibrary(
  script: { readonly file: string; readonly library: string; readonly maxSilenceMs: number },
  { compared, comparison, job }: Prepared,
  { device, onProgress, onMeasurement, onNotMeasured }: BaselineContext,
): Promise<void> {
  const { library } = script;
  const runner = toRunner(library);
  const { caseId, variant, description } = compared;
  const row = { case: caseId, variant, gpuMs: null };
  onProgress(`${caseId}: ${OURS}`);
  const ours = await timeOurs(device, () => comparison.run(), job);
  onProgress(`${caseId}: ${runner}`);
  const result = await runLibrary(script, job);
  if (result.type === 'failed') {
    return onNotMeasured({ kind: 'failed', runner, case: caseId, why: result.why });
  }
  const { wallMs, version, note, deviation } = result;
  const measurements: Measurement[] = [
    {
      ...row,
      runner: OURS,
      wallMs: summarize(ours),
      note: `${description}; timed before ${runner}`,
    },
    {
      ...row,
      runner,
      wallMs: summarize(wallMs),
      timeOverOurs: compareTimes(wallMs, ours),
      note: `${version}: ${note}; error ${deviation.toExponential(1)}`,
    },
  ];
  for (const measurement of measurements) onMeasurement(measurement);
}

type Result = Exclude<ScriptLine, { type: 'progress' }>;

async function runLibrary(
  { file, maxSilenceMs }: { readonly file: string; readonly maxSilenceMs: number },
  job: BaselineJob,
): Promise<Result> {
  const written = writeJob(job);
  let result: Result | null = null;
  try {
    const args = [file, written.file];
    const script = { command: process.execPath, args, env: createEnvironment(), maxSilenceMs };
    const failure = await runScript<ScriptLine>(script, (line) => {
      if (line.type !== 'progress') result = line;
    });
    return result ?? { type: 'failed', why: failure ?? 'the script printed no result' };
  } finally {
    written.dispose();
  }
}

/** The library's Dawn looks for libvulkan by name: where the system has none, ours. */
function createEnvironment(): NodeJS.ProcessEnv {
  if (process.platform !== 'linux' || findSystemVulkan().loader) return process.env;
  const folders = [process.env.LD_LIBRARY_PATH, dirname(ensureSoftwareAdapter().loader)];
  return { ...process.env, LD_LIBRARY_PATH: folders.filter(Boolean).join(delimiter) };
}
