// Every test that needs a device, on one device: kernels compile once.

import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe } from 'vitest';
import { readmeSuite } from './readme.suite.ts';
import { resumingSuite } from './resume.suite.ts';
import { runTrainingSuite } from './run-training.suite.ts';
import { trainStepSuite } from './train-step.suite.ts';

gpuSuite('training', (device) => {
  describe('createTrainStep', () => trainStepSuite(device));
  describe('runTraining', () => runTrainingSuite(device));
  describe('resuming', () => resumingSuite(device));
  describe('README', () => readmeSuite(device));
});
