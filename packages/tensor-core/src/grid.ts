// Folding a one-dimensional count of workgroups into WebGPU's limit of 65,535 per dimension.

const MAX_PER_DIMENSION = 65535;

/**
 * [x, y, 1] with x · y ≥ count. The kernel's index is `workgroup_id.y * num_workgroups.x + workgroup_id.x`
 * and must be checked against the count, as up to y − 1 workgroups are surplus.
 */
export function foldGrid(count: number): [number, number, number] {
  const y = Math.ceil(count / MAX_PER_DIMENSION);
  return [Math.ceil(count / y), y, 1];
}
