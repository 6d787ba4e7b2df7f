// A kernel of this package's own: the tape needs a sum to be complete by itself.

import accumulateWgsl from './accumulate.wgsl';
import type { Tensor } from './api.ts';
import type { DType } from './dtype.ts';
import { DTypeError, invariant } from './errors.ts';
import { foldGrid } from './grid.ts';
import type { Program } from './program.ts';
import { sameShape } from './shape.ts';

/** The kernel for two element types. */
function makeProgram(target: DType, source: DType): Program {
  const enable = target === 'f16' || source === 'f16' ? 'enable f16;\n' : '';
  const aliases = `alias Target = ${target};\nalias Source = ${source};\n`;
  return {
    label: target === source ? 'accumulate' : `accumulate-${source}-in-${target}`,
    wgsl: `${enable}${aliases}${accumulateWgsl}`,
    access: ['read_write', 'read'],
    hasParams: true,
  };
}

/** By the types of target and source. */
const programs = new Map<string, Program>();

function getProgram(target: DType, source: DType): Program {
  const key = `${target} ${source}`;
  const program = programs.get(key) ?? makeProgram(target, source);
  programs.set(key, program);
  return program;
}

const isFloat = (dtype: DType): boolean => dtype === 'f32' || dtype === 'f16';

/** target += source, in place, added in f32; equal shapes, each f32 or f16. @throws DTypeError */
export function accumulateInto(target: Tensor, source: Tensor): void {
  invariant(
    sameShape(target.shape, source.shape),
    `gradient shapes differ: ${target.shape} and ${source.shape}`,
  );
  if (!isFloat(target.dtype) || !isFloat(source.dtype)) {
    throw new DTypeError(
      `gradient of ${target.label}: expected f32 or f16, got ${target.dtype} and ${source.dtype}.`,
    );
  }
  target.device.dispatch({
    program: getProgram(target.dtype, source.dtype),
    tensors: [target, source],
    params: new Uint8Array(Uint32Array.of(target.size).buffer),
    workgroups: foldGrid(Math.ceil(target.size / 256)),
  });
}
