// lane-sum: sums over groups of LANES neighbouring threads of a workgroup, in workgroup memory.
// Needs `const WG_SIZE` and `const LANES` (a power of two that divides WG_SIZE). 4 * WG_SIZE bytes.

var<workgroup> t_lane_sum: array<f32, WG_SIZE>;

// Every thread of the workgroup must call it; each gets the sum of its group.
fn lane_sum(thread: u32, value: f32) -> f32 {
  let lane = thread % LANES;
  workgroupBarrier();
  t_lane_sum[thread] = value;
  for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) {
      t_lane_sum[thread] += t_lane_sum[thread + stride];
    }
  }
  workgroupBarrier();
  return t_lane_sum[thread - lane];
}
