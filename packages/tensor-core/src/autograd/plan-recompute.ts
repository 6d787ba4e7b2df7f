// Which ops of a checkpoint run again in backward, and what is kept for them. Pure.

/** One call of an op in a checkpoint; tensors by id. */
export interface PlannedCall {
  /** Its outputs are kept: it never runs again. */
  readonly isKept: boolean;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** What its backward reads: inputs, outputs or others that its forward made. */
  readonly saved: readonly number[];
}

export interface RecomputePlan {
  /** Positions of the calls that run again, in order. */
  readonly reruns: readonly number[];
  /** By id of a tensor to keep or to make again: how many backwards and repeated forwards read it. */
  readonly uses: ReadonlyMap<number, number>;
  /** Tensors to keep; the others of `uses` are made again. */
  readonly kept: ReadonlySet<number>;
}

/** A call runs again only where somebody reads what it makes. @param calls - in the order in which they ran */
export function planRecompute(calls: readonly PlannedCall[]): RecomputePlan {
  const uses = new Map<number, number>();
  const use = (id: number) => uses.set(id, (uses.get(id) ?? 0) + 1);
  for (const { saved } of calls) saved.forEach(use);
  const reruns: number[] = [];
  const made = new Set<number>();
  for (const [index, { isKept, inputs, outputs, saved }] of [...calls.entries()].reverse()) {
    const makes = [...outputs, ...saved.filter((id) => !inputs.includes(id))];
    if (isKept || !makes.some((id) => uses.has(id))) continue;
    reruns.unshift(index);
    for (const id of makes) made.add(id);
    inputs.forEach(use);
  }
  return { reruns, uses, kept: new Set([...uses.keys()].filter((id) => !made.has(id))) };
}
