// What the package exports: a change of this list is a change for its users.

import { expect, test } from 'vitest';
import * as training from './index.ts';

test('exports', () => {
  expect(Object.keys(training).sort()).toMatchInlineSnapshot(`
    [
      "ADAMW",
      "BatchSampler",
      "METRICS_FILE",
      "PruningTally",
      "RUN_FILE",
      "allocateState",
      "assertSameHyperparameters",
      "choosePrecision",
      "cleanLeftovers",
      "copyToHalves",
      "createEvaluator",
      "createTrainStep",
      "defaultSettings",
      "disposeResult",
      "disposeState",
      "estimateRun",
      "heldOutBatches",
      "learningRateAt",
      "listCheckpoints",
      "makeSchedule",
      "memoryFiles",
      "planMemory",
      "precisions",
      "readCheckpoint",
      "readMetrics",
      "readRunFile",
      "readStep",
      "runPresets",
      "runTraining",
      "validateSettings",
      "writeCheckpoint",
      "writeDeviceFile",
      "writeRunFile",
    ]
  `);
});
