// lane-sums.tiled: sums over groups of LANES neighbouring threads of a workgroup, by a tree in workgroup memory.
// Needs `alias Sums`: f32 or vec4<f32>, `const WG_SIZE` and `const LANES` (a power of two that divides WG_SIZE). 4 or 16 * WG_SIZE bytes.

var<workgroup> t_lane_sums: array<Sums, WG_SIZE>;

// Every thread of the workgroup must call it; each gets the sums of its group.
fn lane_sums(thread: u32, p: Sums) -> Sums {
  let lane = thread % LANES;
  workgroupBarrier();
  t_lane_sums[thread] = p;
  for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) {
      t_lane_sums[thread] += t_lane_sums[thread + stride];
    }
  }
  workgroupBarrier();
  return t_lane_sums[thread - lane];
}
