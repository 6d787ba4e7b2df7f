// lane-sums.single: lane-sums where LANES is 1: each thread has all of its sums, without a barrier. For software adapters.
// Needs `alias Sums`: f32 or vec4<f32>.

fn lane_sums(thread: u32, p: Sums) -> Sums {
  return p;
}
