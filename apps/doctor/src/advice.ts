// What is missing, what that costs, and what to do. Pure.

import { type DeviceCaps, formatVariants } from '@vulpes/tensor-core';
import type { Host } from './host.ts';

export interface Advice {
  /** What is missing. */
  readonly missing: string;
  readonly costs: string;
  readonly todo: string;
}

/** Empty where nothing is missing. */
export function listAdvice(host: Host, caps: DeviceCaps): Advice[] {
  return [
    ...adviseOnSoftware(host, caps),
    ...adviseOnFeatures(caps),
    ...adviseOnLimits(caps),
    ...adviseOnVariants(caps),
  ];
}

/** What to do on a machine where no adapter works at all. */
export function listAdviceWithoutAdapter(host: Host): Advice[] {
  return [
    {
      missing: 'a WebGPU adapter that works',
      costs: 'nothing can run',
      todo: `${describeDriverTodo(host)} Or run on the CPU: npm install @vulpes/software-adapter (Linux x64), then FOX_ADAPTER=software.`,
    },
  ];
}

function adviseOnSoftware(host: Host, caps: DeviceCaps): Advice[] {
  if (!caps.isSoftware) return [];
  const advice: Advice[] = [
    {
      missing: 'a GPU',
      costs:
        'everything runs on the CPU at a few GFLOP/s: a model of 1 M parameters trains on about 500 tokens/s, a larger one in proportion slower',
      todo: describeDriverTodo(host),
    },
  ];
  if (isSwiftShader(caps) && host.platform === 'linux') {
    advice.push({
      missing: "Mesa's CPU driver (lavapipe, Mesa ≥ 25)",
      costs: 'SwiftShader does about 3 GFLOP/s in matmul where lavapipe does about 7',
      todo: 'On Debian or Ubuntu: apt-get install mesa-vulkan-drivers (Debian 12: from bookworm-backports; its own Mesa 22 is too old). Vulpes then uses it without further settings.',
    });
  }
  return advice;
}

function describeDriverTodo({ platform, traces }: Host): string {
  if (platform !== 'linux') {
    return 'Update the graphics driver and the system; on a remote desktop, check that the session sees the GPU.';
  }
  if (traces.includes('nvidia')) {
    return "There is an NVIDIA GPU here, but Vulkan does not find its driver: install the driver's graphics part (libnvidia-gl-*, with nvidia_icd.json); in a container start it with NVIDIA_DRIVER_CAPABILITIES=all.";
  }
  if (traces.includes('wsl')) {
    return 'This is WSL: install mesa-vulkan-drivers (its dzn driver reaches the GPU of Windows), or run in Windows itself.';
  }
  if (traces.includes('dri')) {
    return 'There is a GPU here, but Vulkan does not find its driver: install mesa-vulkan-drivers (Intel, AMD), and give your user access to /dev/dri (group render).';
  }
  return "If this machine has a GPU, install its vendor's Vulkan driver (libvulkan1 with mesa-vulkan-drivers for Intel and AMD, the NVIDIA driver otherwise); in a container, pass the GPU through.";
}

const isSwiftShader = ({ adapter }: DeviceCaps): boolean =>
  /swiftshader/i.test(Object.values(adapter).join(' '));

function adviseOnFeatures({ features, isSoftware, adapter }: DeviceCaps): Advice[] {
  const todo = isSoftware
    ? 'Nothing: this software adapter lacks it.'
    : 'Update the graphics driver.';
  const all: readonly (Advice & { readonly has: boolean })[] = [
    {
      has: features.f16,
      missing: 'shader-f16',
      costs: 'no arithmetic in f16; kernels run in f32, which every adapter has',
      todo: isNvidia(adapter) ? NVIDIA_F16 : todo,
    },
    {
      has: features.subgroups,
      missing: 'subgroups',
      costs: 'reductions go through workgroup memory instead of registers',
      todo,
    },
    {
      has: features.subgroupMatrix || isSoftware,
      missing: 'subgroup matrices (tensor cores; experimental)',
      costs: 'matmul runs on the ordinary units',
      todo: 'Update the graphics driver; nothing depends on it.',
    },
    {
      has: features.timestampQuery,
      missing: 'timestamp-query',
      costs: 'single kernels cannot be timed; benchmarks use wall time and say so',
      todo: `${todo} In Chrome: --enable-unsafe-webgpu.`,
    },
  ];
  return all.filter(({ has }) => !has).map(({ has: _, ...advice }) => advice);
}

const isNvidia = ({ vendor, description }: DeviceCaps['adapter']): boolean =>
  /nvidia/i.test(`${vendor} ${description}`);

const NVIDIA_F16 =
  'Dawn has a toggle for it on NVIDIA: vulkan_enable_f16_on_nvidia. In Node Vulpes sets it already, so update the driver; in Chrome start with --enable-dawn-features=vulkan_enable_f16_on_nvidia.';

/** What the kernels rely on; the defaults of WebGPU. */
const NEEDED_LIMITS = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeWorkgroupsPerDimension: 65535,
} as const;

function adviseOnLimits({ limits }: DeviceCaps): Advice[] {
  return Object.entries(NEEDED_LIMITS).flatMap(([name, needed]) => {
    const has = limits[name as keyof typeof NEEDED_LIMITS];
    if (has >= needed) return [];
    const missing = `${name} ≥ ${needed} (has ${has})`;
    const todo = 'Take another adapter, or a browser that is not in compatibility mode.';
    return [{ missing, costs: 'some kernels cannot run', todo }];
  });
}

function adviseOnVariants({ variants }: DeviceCaps): Advice[] {
  if (Object.keys(variants).length === 0) return [];
  return [
    {
      missing: `a free choice of kernel variants (forced: ${formatVariants(variants)})`,
      costs: 'results are right, but another variant may be faster here',
      todo: 'Unset FOX_VARIANTS, or leave out --variant.',
    },
  ];
}

/** For browsers, on any machine. */
export const BROWSER_ADVICE: readonly string[] = [
  'Chrome on Linux: start with --enable-unsafe-webgpu; without a GPU add --use-webgpu-adapter=swiftshader.',
  'f16 on NVIDIA in Chrome: --enable-dawn-features=vulkan_enable_f16_on_nvidia.',
  'WebGPU needs https or localhost.',
];
