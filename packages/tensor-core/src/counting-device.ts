// A device without a GPU: it counts what WebGPU is asked to do and computes nothing. For plans, estimates and tests of launch counts.

import type { Device } from './api.ts';
import type { DeviceCaps } from './caps.ts';
import { GpuDevice } from './device.ts';

/** Calls of WebGPU since the device was made. */
export interface GpuCounts {
  buffers: number;
  bindGroups: number;
  submits: number;
  passes: number;
  dispatches: number;
  copies: number;
  clears: number;
  writes: number;
  /** Buffers mapped for reading. */
  maps: number;
}

export interface CountingDevice {
  readonly device: Device;
  /** They go on counting. */
  readonly counts: Readonly<GpuCounts>;
}

/**
 * @param caps - of the device whose kernels and limits are wanted
 * @returns a device that allocates, records and submits as any other, and its counts. It is for plans of memory and launches (`planMemory`)
 *   on machines without the GPU that is planned for, so no kernel runs: what `data()` and `read()` give has the right length and is 0.
 */
export function createCountingDevice(caps: DeviceCaps): CountingDevice {
  const counts: GpuCounts = {
    ...{ buffers: 0, bindGroups: 0, submits: 0, passes: 0, dispatches: 0 },
    ...{ copies: 0, clears: 0, writes: 0, maps: 0 },
  };
  return { device: new GpuDevice(countingGpu(caps, counts), caps), counts };
}

function countingGpu(caps: DeviceCaps, counts: GpuCounts): GPUDevice {
  const pass = {
    setPipeline() {},
    setBindGroup() {},
    dispatchWorkgroups: () => void counts.dispatches++,
    end() {},
  };
  const encoder = {
    beginComputePass() {
      counts.passes++;
      return pass;
    },
    copyBufferToBuffer: () => void counts.copies++,
    clearBuffer: () => void counts.clears++,
    finish: () => ({}),
  };
  const queue = {
    writeBuffer: () => void counts.writes++,
    submit: () => void counts.submits++,
    onSubmittedWorkDone: async () => {},
  };
  // The part of WebGPU that this package uses, and no more: a call of another part fails as 'not a function'.
  const gpu = {
    limits: { ...caps.limits, minUniformBufferOffsetAlignment: 256 },
    queue,
    lost: new Promise(() => {}),
    addEventListener() {},
    pushErrorScope() {},
    popErrorScope: async () => null,
    destroy() {},
    createBuffer: ({ size }: GPUBufferDescriptor) => {
      counts.buffers++;
      return makeBuffer(size, counts);
    },
    createBindGroup() {
      counts.bindGroups++;
      return {};
    },
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({}),
    createComputePipelineAsync: async () => ({}),
    createCommandEncoder: () => encoder,
  };
  return gpu as unknown as GPUDevice;
}

const makeBuffer = (size: number, counts: GpuCounts) => ({
  size,
  destroy() {},
  unmap() {},
  /** Zeros: nothing was computed. */
  getMappedRange: () => new ArrayBuffer(size),
  async mapAsync() {
    counts.maps++;
  },
});
