// Gradients that backward kernels leave as partial sums: the tape collects those of many ops and adds them up in few launches.

import type { Device, Tensor } from '../api.ts';
import type { PooledBuffer } from '../buffer-range.ts';
import { invariant } from '../errors.ts';
import { foldGrid } from '../grid.ts';
import type { Program } from '../program.ts';
import { coveringTensor, getStorage, offsetIn } from '../tensor.ts';
import { defineVariants } from '../variants/index.ts';
import type { PartialColumns, PartialShape } from './op-types.ts';
import partialSumsWgsl from './partial-sums.wgsl';

/** As in `Job` of the kernel. */
interface Job {
  /** In elements of the block. */
  readonly first: number;
  readonly parts: number;
  readonly width: number;
  readonly repeats: number;
  readonly target: Tensor;
}

/** What a backward was given. */
interface Made extends PartialShape {
  readonly tensor: Tensor;
  readonly first: number;
  readonly columns: readonly PartialColumns[];
}

const MAX_JOBS = 64;
const JOB_WORDS = 8;
/** Elements of a block, at most, unless one op alone needs more: 64 MiB, so that a long step needs a few blocks, one after the other. */
const MAX_BLOCK = 2 ** 24;
/** Ops that a block of the size of the first one is for. */
const OPS_PER_BLOCK = 24;
/** Slices begin at a multiple of it. */
const SLICE_STEP = 64;

export class PartialSums {
  readonly device: Device;
  #block: Tensor | null = null;
  #used = 0;
  #jobs: Job[] = [];
  /** Of the op whose backward runs. */
  #made: Made | null = null;

  constructor(device: Device) {
    this.device = device;
  }

  /** f32 [parts, width], owned by the scope that is open. Once for each backward. */
  make(op: string, columns: readonly PartialColumns[], shape: PartialShape): Tensor {
    invariant(!this.#made, `${op}: makes partial sums twice in one backward`);
    const size = Math.ceil((shape.parts * shape.width) / SLICE_STEP) * SLICE_STEP;
    const block = this.#blockFor(size);
    const tensor = this.device.slice(block, this.#used, [shape.parts, shape.width]);
    this.#made = { ...shape, tensor, columns, first: this.#used };
    this.#used += size;
    return tensor;
  }

  /** Whether the op whose backward runs was given this tensor for partial sums. */
  holds(tensor: Tensor): boolean {
    return this.#made?.tensor === tensor;
  }

  /** Sums of an input go into its target, at the next flush. */
  add(input: string, target: Tensor): void {
    this.#jobs.push(this.#toJob(input, target));
  }

  /** The same at once. */
  sumNow(input: string, target: Tensor): void {
    this.#launch([this.#toJob(input, target)]);
  }

  /** The backward has ended. */
  close(): void {
    this.#made = null;
  }

  /** Whether the sums in this tensor are still to be made. */
  isPending(target: Tensor): boolean {
    const { buffer, byteOffset } = getStorage(target);
    return this.#jobs.some((job) => {
      const other = getStorage(job.target);
      return other.buffer === buffer && other.byteOffset === byteOffset;
    });
  }

  /** Records the sums that are still to be made. */
  flush(): void {
    const byBuffer = new Map<PooledBuffer, Job[]>();
    for (const job of this.#jobs) {
      const { buffer } = getStorage(job.target);
      byBuffer.set(buffer, [...(byBuffer.get(buffer) ?? []), job]);
    }
    for (const jobs of byBuffer.values()) {
      for (let at = 0; at < jobs.length; at += MAX_JOBS)
        this.#launch(jobs.slice(at, at + MAX_JOBS));
    }
    this.#jobs = [];
  }

  /** Frees what partial sums are in. */
  dispose(): void {
    this.#block?.dispose();
    this.#block = null;
    this.#used = 0;
  }

  /** A block with room. */
  #blockFor(size: number): Tensor {
    if (this.#block && this.#used + size <= this.#block.size) return this.#block;
    this.flush();
    this.dispose();
    const bound = this.device.caps.limits.maxStorageBufferBindingSize / 4;
    const capacity = Math.max(size, Math.min(MAX_BLOCK, bound, OPS_PER_BLOCK * size));
    this.#block = this.device.keep(this.device.empty([capacity], { label: 'partial sums' }));
    return this.#block;
  }

  #toJob(input: string, target: Tensor): Job {
    const made = this.#made;
    const columns = made?.columns.find((candidate) => candidate.input === input);
    invariant(made && columns, `partial sums: have no columns for ${input}`);
    const { parts, width, first } = made;
    const { repeats = 1 } = columns;
    return { first: first + columns.first, parts, width, repeats, target };
  }

  /** Jobs whose targets lie in one buffer. */
  #launch(jobs: readonly Job[]): void {
    const block = this.#block;
    invariant(block, 'partial sums: have no block');
    using sums = coveringTensor(jobs.map(({ target }) => target));
    const { program, columns } = variants.choose(this.device.caps, null);
    const words = new Uint32Array(4 + MAX_JOBS * JOB_WORDS);
    words[0] = jobs.length;
    let groups = 0;
    jobs.forEach(({ first, parts, width, repeats, target }, index) => {
      const sumsAt = offsetIn(sums, target);
      const job = [first, parts, width, repeats, target.size, sumsAt, groups];
      words.set(job, 4 + index * JOB_WORDS);
      groups += Math.ceil(target.size / columns);
    });
    this.device.dispatch({
      program,
      tensors: [block, sums],
      params: new Uint8Array(words.buffer),
      workgroups: foldGrid(groups),
    });
  }
}

function makeProgram(columns: number, rows: number) {
  const constants = `const COLUMNS = ${columns}u;\nconst ROWS = ${rows}u;\n`;
  const program: Program = {
    label: `partial-sums[COLUMNS=${columns},ROWS=${rows}]`,
    wgsl: `${constants}${partialSumsWgsl}`,
    access: ['read', 'read_write'],
    hasParams: true,
  };
  return { program, columns };
}

const variants = defineVariants<null, ReturnType<typeof makeProgram>>('partial-sums', [
  {
    ...makeProgram(32, 8),
    name: 'tiled',
    avoid: ({ isSoftware }) => (isSoftware ? 'a CPU adapter runs workgroup barriers slowly' : null),
  },
  // A thread adds up a column.
  { ...makeProgram(64, 1), name: 'scalar' },
]);
