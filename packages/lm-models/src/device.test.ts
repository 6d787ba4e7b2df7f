// Everything of this package that needs a device, on one device: its kernels are compiled once.

import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe } from 'vitest';
import { cacheSuite } from './cache/cache.suite.ts';
import { evictionSuite } from './cache/eviction.suite.ts';
import { frozenSuite } from './frozen.suite.ts';
import { generateSuite } from './generate/generate.suite.ts';
import { modelSuite } from './model.suite.ts';
import { packingSuite } from './packing.suite.ts';
import { pruningSuite } from './pruning.suite.ts';
import { readmeSuite } from './readme.suite.ts';

gpuSuite('lm-models', (device) => {
  describe('model', () => modelSuite(device));
  describe('frozen FoX (Pro)', () => frozenSuite(device));
  describe('packing', () => packingSuite(device));
  describe('pruning in a model', () => pruningSuite(device));
  describe('cache', () => cacheSuite(device));
  describe('what a cache lets go of', () => evictionSuite(device));
  describe('generate', () => generateSuite(device));
  describe('README', () => readmeSuite(device));
});
