// decay-sum: the sum of the decays of a run of keys up to a later token, by LANES neighbouring threads together.
// Needs `log_lambda`, [B, H, N] two-part numbers, and const WG_SIZE and LANES (a divisor of WG_SIZE). 8 * WG_SIZE bytes.

const LOG2E: f32 = 1.4426950408889634;

var<workgroup> t_lanes: array<vec2f, WG_SIZE>;

// exp(D) of a later token against an earlier one. The counts are subtracted as integers, so D is off by one f32 rounding at any length.
fn decay_weight(row: vec2<i32>, key: vec2<i32>) -> f32 {
  let decay = f32(row.x - key.x) * 0.0625 + (bitcast<f32>(row.y) - bitcast<f32>(key.y));
  return exp2(decay * LOG2E);
}

// This lane's part of the sum of exp(lambda_last - lambda_t) over the tokens first ... end - 1 of a head that starts at o_head.
fn decay_sum(o_head: u32, first: u32, end: u32, lane: u32, last: vec2<i32>) -> f32 {
  var sum = 0.0;
  for (var t = first + lane; t < end; t += LANES) {
    sum += decay_weight(last, log_lambda[o_head + t]);
  }
  return sum;
}

// (sum of the x, largest y) of the lanes' values, the same for all of them. Every thread of the workgroup must call it, once.
fn over_lanes(thread: u32, value: vec2f) -> vec2f {
  if (LANES == 1u) {
    return value;
  }
  t_lanes[thread] = value;
  workgroupBarrier();
  let first = thread - thread % LANES;
  var total = t_lanes[first];
  for (var lane = 1u; lane < LANES; lane++) {
    let other = t_lanes[first + lane];
    total = vec2f(total.x + other.x, max(total.y, other.y));
  }
  return total;
}
