// Commands made ready to encode: pipelines, bind groups and offsets in place of programs, tensors and structs.

import type { ClearCommand, Command, CopyCommand, WriteCommand } from '../command.ts';
import { invariant } from '../errors.ts';
import type { BindGroups } from './bind-groups.ts';
import type { PipelineCache } from './pipeline-cache.ts';

export interface PreparedDispatch {
  readonly kind: 'dispatch';
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  /** Of the uniform struct; empty without one. */
  readonly offsets: readonly number[];
  readonly workgroups: readonly [number, number, number];
}

export type PreparedCommand = PreparedDispatch | CopyCommand | ClearCommand | WriteCommand;

export interface PrepareParts {
  readonly pipelines: PipelineCache;
  readonly bindGroups: BindGroups;
  /** Buffer of the uniform structs; null where no command has one. */
  readonly uniforms: GPUBuffer | null;
  /** Where each command's struct begins. */
  readonly offsets: readonly number[];
}

/** Every program must be compiled. */
export function prepare(
  commands: readonly Command[],
  { pipelines, bindGroups, uniforms, offsets }: PrepareParts,
): PreparedCommand[] {
  return commands.map((command, index) => {
    if (command.kind !== 'dispatch') return command;
    const { program, params, workgroups } = command;
    const compiled = pipelines.get(program);
    invariant(compiled, `program ${program.label} was not compiled before submit`);
    return {
      kind: 'dispatch',
      label: program.label,
      pipeline: compiled.pipeline,
      group: bindGroups.get(compiled, command, uniforms),
      offsets: params ? [offsets[index] as number] : [],
      workgroups,
    };
  });
}
