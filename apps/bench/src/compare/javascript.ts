// The JavaScript peers side by side with ours: each exercise by every runner in turn, on the same inputs and the same adapter.

import {
  type ComparisonContext,
  type Measurement,
  OURS,
  summarize,
  wallMs,
  type Yardstick,
} from '@vulpes/bench';
import type { Device } from '@vulpes/tensor-core';
import { deviation } from './deviation.ts';
import type { Exercise, OurWork } from './exercise.ts';
import { exercises } from './exercises.ts';
import { type PeerProcess, startPeer } from './peer-process.ts';
import { peerFolder } from './places.ts';
import type { AdapterName, Job } from './protocol.ts';

export const peerNames = ['tfjs', 'jax-js'] as const;
export type PeerName = (typeof peerNames)[number];

/** Work before the first timed run, so that clocks are up. */
const WARM_MS = 1000;
/** Runs end here even if there were fewer than asked for. */
const MAX_TIMED_MS = { hardware: 4_000, software: 5_000 };
const MAX_CHECK_MS = { hardware: 40_000, software: 120_000 };

interface TimeLimits {
  readonly runs: number;
  readonly warmMs: number;
  readonly maxMs: number;
  readonly checkMs: number;
}

/** Rows of the peers named, and of ours beside them. */
export const javascriptYardstick =
  (peers: readonly PeerName[]): Yardstick =>
  async (context) => {
    const { cases, device, runs } = context;
    const { isSoftware } = device.caps;
    const kind = isSoftware ? 'software' : 'hardware';
    const limits = {
      runs,
      warmMs: isSoftware ? 0 : WARM_MS,
      maxMs: MAX_TIMED_MS[kind],
      checkMs: MAX_CHECK_MS[kind],
    };
    const asked = exercises(device.caps, new Set(cases.map(({ suite }) => suite)));
    if (asked.length === 0) {
      const why = 'it has no such work: it does the suites matmul, attention and training';
      for (const runner of peers) context.onNotMeasured({ runner, case: 'all', why });
      return;
    }
    context.onProgress('preparing the JavaScript yardsticks');
    const folder = peerFolder();
    for (const exercise of asked) {
      await compareExercise(exercise, { ...context, folder, peers, limits });
      await device.trimMemory();
    }
  };

interface Setting extends ComparisonContext {
  readonly folder: string;
  readonly peers: readonly PeerName[];
  readonly limits: TimeLimits;
}

async function compareExercise(exercise: Exercise, setting: Setting): Promise<void> {
  const { device, peers, limits, onProgress, onMeasurement, onNotMeasured } = setting;
  const { job, ours } = await exercise.prepare(device);
  try {
    const expected = await ours.outputs();
    onProgress(`${exercise.caseId}: ${OURS}`);
    const samples = await timeOurs(device, ours, limits);
    onMeasurement(row(exercise, OURS, samples, exercise.what));
    for (const peer of peers) {
      onProgress(`${exercise.caseId}: ${peer}`);
      try {
        onMeasurement(await measurePeer(exercise, peer, { job, expected }, setting));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        onNotMeasured({ runner: peer, case: exercise.caseId, why });
      }
    }
  } finally {
    ours.dispose();
  }
}

/** A process for each exercise: what one leaves behind on the GPU does not burden the next. */
async function measurePeer(
  exercise: Exercise,
  peer: PeerName,
  { job, expected }: { job: Job; expected: Record<string, Float32Array> },
  { device, folder, limits }: Setting,
): Promise<Measurement> {
  const { process, started } = await startPeer(folder, peer, device.caps.toggles);
  try {
    assertSameAdapter(device, started.adapter);
    const { outputs, note } = await process.ask({ type: 'check', job }, 'outputs', limits.checkMs);
    const error = deviation(outputs, expected, exercise);
    const samples = await timePeer(process, limits);
    const runner = peer === 'tfjs' ? 'tfjs-webgpu' : peer;
    return row(exercise, runner, samples, `${started.version}: ${note}; ${error} from ours`);
  } finally {
    process.stop();
  }
}

const timePeer = async (process: PeerProcess, limits: TimeLimits): Promise<readonly number[]> => {
  const { checkMs, ...settings } = limits;
  return (await process.ask({ type: 'time', ...settings }, 'times', checkMs + settings.maxMs)).ms;
};

/** As tools/yardsticks/src/timing.mjs does for a peer. */
async function timeOurs(
  device: Device,
  ours: OurWork,
  { runs, warmMs, maxMs }: TimeLimits,
): Promise<number[]> {
  const once = () => wallMs(device, () => ours.record());
  const start = performance.now();
  do await once();
  while (performance.now() - start < warmMs);
  const samples = [await once()];
  const timed = performance.now();
  while (samples.length < runs && performance.now() - timed < maxMs) samples.push(await once());
  return samples;
}

const row = (
  { suite, caseId, variant }: Exercise,
  runner: string,
  samples: readonly number[],
  note: string,
): Measurement => ({
  suite,
  case: caseId,
  variant,
  runner,
  wallMs: summarize(samples),
  gpuMs: null,
  note,
});

function assertSameAdapter({ caps }: Device, theirs: AdapterName): void {
  const ours = caps.adapter;
  const isSame = ours.vendor === theirs.vendor && ours.description === theirs.description;
  if (isSame) return;
  throw new Error(
    `it got another adapter: ${theirs.vendor} ${theirs.description}, ours is ${ours.vendor} ${ours.description}`,
  );
}
