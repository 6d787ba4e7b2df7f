// The JavaScript peers side by side with ours: each exercise by ours and a peer in turns, on the same inputs and the same adapter.

import {
  type ComparisonContext,
  chooseExercises,
  deviation,
  type Exercise,
  type InTurns,
  type Job,
  type Measurement,
  OURS,
  type OurWork,
  summarize,
  takeTurns,
  timeOurs,
  type Yardstick,
} from '@vulpes/bench';
import { assertSameAdapter } from './adapter.ts';
import { startPeer } from './peer-process.ts';
import { peerFolder } from './places.ts';

export const peerNames = ['tfjs', 'jax-js'] as const;
export type PeerName = (typeof peerNames)[number];

/** Work before the first timed run, so that clocks are up. */
const WARM_MS = 1000;
/** For one answer of a peer: a check, or one turn. */
const MAX_ANSWER_MS = { hardware: 40_000, software: 120_000 };

export interface JavascriptSettings {
  /** Has `worker.mjs` and a file for each peer; default: theirs, installed on first use. */
  readonly folder?: string;
  /** A peer that takes longer for one answer is ended; default: as suits the adapter. */
  readonly maxAnswerMs?: number;
}

/** As the report names a peer. */
const runnerOf = (peer: string): string => (peer === 'tfjs' ? 'tfjs-webgpu' : peer);

/** Rows of the peers named, and of ours beside them. */
export const javascriptYardstick =
  (peers: readonly string[], settings: JavascriptSettings = {}): Yardstick =>
  async (context) => {
    const { cases, device } = context;
    const { chosen, leftOut } = chooseExercises(cases, device.caps);
    const runner = peers.map(runnerOf).join(', ');
    for (const entry of leftOut) context.onNotMeasured({ runner, ...entry });
    if (chosen.length === 0) return;
    context.onProgress(`preparing ${peers.join(', ')}`);
    const folder = settings.folder ?? peerFolder();
    const maxAnswerMs =
      settings.maxAnswerMs ?? MAX_ANSWER_MS[device.caps.isSoftware ? 'software' : 'hardware'];
    for (const exercise of chosen) {
      await compareExercise(exercise, { ...context, folder, peers, maxAnswerMs });
      await device.trimMemory();
    }
  };

interface Setting extends ComparisonContext {
  readonly folder: string;
  readonly peers: readonly string[];
  readonly maxAnswerMs: number;
}

/** Our own row is told with the first peer that has one, from the turns beside it. */
async function compareExercise(exercise: Exercise, setting: Setting): Promise<void> {
  const { device, peers, onProgress, onMeasurement, onNotMeasured } = setting;
  const { job, ours } = await exercise.prepare(device);
  try {
    const expected = await ours.outputs();
    let hasOurRow = false;
    for (const peer of peers) {
      const runner = runnerOf(peer);
      onProgress(`${exercise.caseId}: ${OURS} and ${runner} in turns`);
      try {
        const { times, note } = await besidePeer(exercise, peer, { job, ours, expected }, setting);
        if (!hasOurRow) onMeasurement(ourRow(exercise, times, runner));
        hasOurRow = true;
        onMeasurement(theirRow(exercise, times, { runner, note }));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        onNotMeasured({ kind: 'failed', runner, case: exercise.caseId, why });
      }
    }
  } finally {
    ours.dispose();
  }
}

interface Prepared {
  readonly job: Job;
  readonly ours: OurWork;
  readonly expected: Readonly<Record<string, Float32Array>>;
}

/** A process for each exercise: what one leaves behind on the GPU does not burden the next. */
async function besidePeer(
  exercise: Exercise,
  peer: string,
  { job, ours, expected }: Prepared,
  { device, folder, runs, maxAnswerMs }: Setting,
): Promise<{ times: InTurns; note: string }> {
  const { process, started } = await startPeer(folder, peer, device.caps.toggles);
  try {
    assertSameAdapter(device.caps.adapter, started.adapter);
    const { outputs, note } = await process.ask({ type: 'check', job }, 'outputs', maxAnswerMs);
    const error = deviation(outputs, expected, exercise);
    const times = await takeTurns(
      (turn) => timeOurs(device, ours, turn),
      async (turn) => (await process.ask({ type: 'time', ...turn }, 'times', maxAnswerMs)).ms,
      { runs, warmMs: WARM_MS },
    );
    return { times, note: `${started.version}: ${note}; ${error}` };
  } finally {
    process.stop();
  }
}

const ourRow = (exercise: Exercise, { ours }: InTurns, beside: string): Measurement => ({
  ...rowOf(exercise),
  runner: OURS,
  wallMs: summarize(ours),
  note: `${exercise.what}; times beside ${beside}`,
});

const theirRow = (
  exercise: Exercise,
  { theirs, ratio }: InTurns,
  { runner, note }: { readonly runner: string; readonly note: string },
): Measurement => ({
  ...rowOf(exercise),
  runner,
  wallMs: summarize(theirs),
  timeOverOurs: ratio,
  note,
});

const rowOf = ({ caseId, variant }: Exercise) => ({
  case: caseId,
  variant,
  gpuMs: null,
});
