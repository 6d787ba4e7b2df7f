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
      "checkResumable",
      "choosePrecision",
      "cleanLeftovers",
      "configFields",
      "configSections",
      "copyToHalves",
      "createEvaluator",
      "createTrainStep",
      "decodeTuning",
      "defaultSettings",
      "describeField",
      "disposeResult",
      "disposeState",
      "encodeTuning",
      "estimateRun",
      "heldOutBatches",
      "layOver",
      "learningRateAt",
      "listCheckpoints",
      "listSetAside",
      "loadCheckedModel",
      "makeSchedule",
      "memoryFiles",
      "mergeLayers",
      "planMemory",
      "precisions",
      "readCheckpoint",
      "readLayer",
      "readMetrics",
      "readRunFile",
      "readStep",
      "resolveConfig",
      "restoreSetAside",
      "runPresets",
      "runTraining",
      "toConfig",
      "toRun",
      "toSource",
      "validateSettings",
      "writeCheckpoint",
      "writeDeviceFile",
      "writeRunFile",
    ]
  `);
});
